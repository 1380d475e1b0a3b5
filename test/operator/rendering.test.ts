import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { renderConfiguration } from '../../operator/configuration.ts';
import { deploymentOf, roleOf } from '../../operator/objects.ts';
import { passwordFile } from '../../operator/database-configuration.ts';
import { readResource, type RegistryResource } from '../../operator/resource.ts';
import { hasOwnTemporal, registryTemporal } from '../../operator/temporal-access.ts';
import { renderWorkload } from '../../operator/workload.ts';
import { type JsonObject, memberOf, objectsOf } from '../../registry/json.ts';
import { parse } from './operator-cluster.ts';

const FIXTURES = new URL('../fixtures/operator/', import.meta.url);
const DEFAULTS = {
  image: 'rollcall:test',
  temporal: registryTemporal({}, { address: 'temporal:7233', secret: 'rollcall-temporal' }),
};

function resourcesIn(text: string): RegistryResource[] {
  return parse(text)
    .filter(({ kind }) => kind === 'MCPRegistry')
    .map((manifest) => {
      const { metadata } = manifest;
      const found = readResource({
        ...manifest,
        metadata: { namespace: 'default', ...metadata, uid: 'u', generation: 1 },
      });
      if (found === null) throw new Error(`No resource: ${metadata.name}`);
      return found;
    });
}

function resourceWith(spec: object): RegistryResource {
  const metadata = { name: 'weather', namespace: 'team-a', uid: 'u', generation: 1 };
  const found = readResource({ apiVersion: 'toolhive.stacklok.dev/v1beta1', kind: 'MCPRegistry', metadata, spec });
  if (found === null) throw new Error('No resource');
  return found;
}

const LOCAL = { name: 'local', configMapRef: { name: 'data', key: 'registry.json' } };

function workloadOf(resource: RegistryResource): JsonObject {
  return renderWorkload(resource, renderConfiguration(resource), DEFAULTS).template;
}

function containerOf(spec: object): JsonObject | undefined {
  return objectsOf(memberOf(workloadOf(resourceWith(spec)), 'spec')['containers'])[0];
}

const EXAMPLES = ['structured', 'config-yaml', 'sources'].flatMap((folder) =>
  readdirSync(new URL(folder, FIXTURES)).map((name) => `${folder}/${name}`),
);

test('every example becomes a configuration that Rollcall accepts', async () => {
  const rendered = [...EXAMPLES, 'guide.yaml'].flatMap((file) =>
    resourcesIn(readFileSync(new URL(file, FIXTURES), 'utf8')).map((resource) => {
      const configuration = renderConfiguration(resource);
      const { template, references } = renderWorkload(resource, configuration, DEFAULTS);
      const podSpec = memberOf(template, 'spec');
      return {
        file,
        name: resource.name,
        configuration: parseYaml(configuration.text) as unknown,
        notes: configuration.notes,
        references: references.map(({ kind, name, key, field }) => `${field}: ${kind} ${name} ${key ?? ''}`.trim()),
        volumes: objectsOf(podSpec['volumes']).map(({ name }) => name),
        mounts: objectsOf(objectsOf(podSpec['containers'])[0]?.['volumeMounts']).map(({ mountPath }) => mountPath),
        role: objectsOf(roleOf(resource, configuration)['rules']).map(({ resources, resourceNames = ['all'] }) =>
          [resources, resourceNames].map((list) => (list as string[]).join(', ')).join(': '),
        ),
      };
    }),
  );
  expect(rendered).toHaveLength(37);
  await expect(stringify(rendered, { lineWidth: 0, aliasDuplicateObjects: false })).toMatchFileSnapshot(
    '../fixtures/operator/rendered.yaml',
  );
});

test('the password file escapes colons and backslashes', () => {
  const entry = { host: 'db', port: 5432, database: 'registry', user: 'app' };
  expect(passwordFile([{ ...entry, password: String.raw`a:b\c` }])).toBe(
    String.raw`db:5432:registry:app:a\:b\\c` + '\n',
  );
});

describe('faults of a resource name the field', () => {
  test.each([
    [
      { registries: [{ name: 'two', git: { repository: 'https://e.com/x' }, api: { endpoint: 'https://e.com' } }] },
      'spec.registries[0] needs exactly one of',
    ],
    [
      { registries: [LOCAL], auth: { mode: 'anonymous' }, authConfig: { mode: 'oauth' } },
      'spec.auth and spec.authConfig differ',
    ],
    [
      { configYAML: 'sources:\n  - name: a\n    gti: {}\nauth:\n  mode: anonymous\n' },
      'line 3:5: sources[0].gti: unknown key',
    ],
    [{ registries: [LOCAL], databaseConfig: { dynamicAuth: {} } }, "spec.databaseConfig.dynamicAuth isn't supported"],
    [{ registries: [LOCAL], volumes: [{ name: 'registry-server-config' }] }, 'spec.volumes uses the reserved name'],
    [
      { registries: [LOCAL], volumeMounts: [{ name: 'x', mountPath: '/config' }] },
      'spec.volumeMounts mounts /config twice',
    ],
    [{ registries: [LOCAL], volumeMounts: [{ name: 'x', mountPath: '/x' }] }, 'from the volume x, which is missing'],
    [
      { registries: [LOCAL], podTemplateSpec: { spec: { containers: 'all' } } },
      'Failed to parse PodTemplateSpec: spec.podTemplateSpec.spec.containers',
    ],
    [{ displayName: 'nothing' }, 'spec defines no sources'],
    [
      { registries: [LOCAL, { name: 'git', git: { repository: 'nowhere' } }] },
      /^spec\.registries\[1\]\.git\.repository: expected an HTTP/,
    ],
    [{ registries: [LOCAL], databaseConfig: { sslMode: 'never' } }, /^spec\.databaseConfig\.sslMode: /],
  ])('%j', (spec, words) => {
    expect(() => workloadOf(resourceWith(spec))).toThrow(words);
  });
});

describe('podTemplateSpec', () => {
  const template = {
    metadata: { labels: { team: 'search', 'app.kubernetes.io/name': 'mine' }, annotations: { note: 'kept' } },
    spec: {
      nodeSelector: { disk: 'ssd' },
      containers: [
        {
          name: 'registry-api',
          image: 'mine:1',
          env: [
            { name: 'THV_REGISTRY_TEMPORAL_ADDRESS', value: 'other:7233' },
            { name: 'EXTRA', value: '1' },
          ],
          readinessProbe: { exec: { command: ['true'] } },
          resources: { limits: { memory: '2Gi' } },
        },
        { name: 'sidecar', image: 'sidecar:1' },
      ],
      volumes: [{ name: 'storage-data', persistentVolumeClaim: { claimName: 'mine' } }],
    },
  };
  const spec = { registries: [LOCAL], podTemplateSpec: template };

  test('takes precedence, and defaults fill the gaps', () => {
    expect(containerOf(spec)).toMatchObject({
      image: 'mine:1',
      args: expect.arrayContaining(['serve']),
      env: expect.arrayContaining([
        { name: 'THV_REGISTRY_TEMPORAL_ADDRESS', value: 'other:7233' },
        { name: 'THV_REGISTRY_TEMPORAL_NAMESPACE', value: 'team-a.weather' },
        { name: 'EXTRA', value: '1' },
      ]),
      livenessProbe: { httpGet: { path: '/health' } },
      readinessProbe: { exec: { command: ['true'] } },
      resources: { limits: { memory: '2Gi' }, requests: { cpu: '100m' } },
    });
    expect(containerOf(spec)?.['readinessProbe']).not.toHaveProperty('httpGet');
    const podSpec = memberOf(workloadOf(resourceWith(spec)), 'spec');
    expect(podSpec).toMatchObject({ nodeSelector: { disk: 'ssd' }, serviceAccountName: 'weather-registry-api' });
    expect(objectsOf(podSpec['containers']).map(({ name }) => name)).toEqual(['registry-api', 'sidecar']);
    expect(objectsOf(podSpec['volumes'])).toContainEqual(template.spec.volumes[0]);
  });

  test('keeps the labels that the Deployment selects its pods by', () => {
    const resource = resourceWith(spec);
    const rendered = renderConfiguration(resource);
    const workload = renderWorkload(resource, rendered, DEFAULTS);
    const deployment = deploymentOf(resource, { rendered, workload, versions: [] });
    const { labels, annotations } = memberOf(memberOf(memberOf(deployment, 'spec'), 'template'), 'metadata');
    expect(labels).toMatchObject({ team: 'search', 'app.kubernetes.io/name': 'weather-api' });
    expect(annotations).toMatchObject({ note: 'kept' });
  });
});

test('a commit takes precedence over a tag, and a tag over a branch, with a note', () => {
  const git = { repository: 'https://example.com/catalog.git', branch: 'main', tag: 'v1' };
  const { text, notes } = renderConfiguration(resourceWith({ registries: [{ name: 'catalog', git }] }));
  const [, source] = objectsOf((parseYaml(text) as JsonObject)['registries']);
  expect(source?.['git']).toEqual({ repository: git.repository, tag: 'v1' });
  expect(notes).toEqual(['spec.registries[0].git: `tag` and `branch` are set; the tag is used']);
});

describe('Temporal', () => {
  const temporal = registryTemporal(
    { tls: { caFile: '/ca', certificateFile: '/crt', keyFile: '/key' }, apiKey: { file: '/key' } },
    { address: 'cloud:7233', secret: 'cloud' },
  );
  const podOf = (resource: RegistryResource): JsonObject => {
    const { template } = renderWorkload(resource, renderConfiguration(resource), { ...DEFAULTS, temporal });
    return memberOf(template, 'spec');
  };
  const variablesOf = (resource: RegistryResource): Record<string, unknown> => {
    const [container] = objectsOf(podOf(resource)['containers']);
    const variables = objectsOf(container?.['env']).map(({ name, value }) => [String(name), value] as const);
    return Object.fromEntries(variables.filter(([name]) => name.includes('TEMPORAL')));
  };
  const withVariable = (name: string, value: string): object => ({
    registries: [LOCAL],
    podTemplateSpec: { spec: { containers: [{ name: 'registry-api', env: [{ name, value }] }] } },
  });

  test('a registry has the credentials that the operator has, from a Secret in its own namespace', () => {
    const resource = resourceWith({ registries: [LOCAL] });
    expect(variablesOf(resource)).toEqual({
      THV_REGISTRY_TEMPORAL_ADDRESS: 'cloud:7233',
      THV_REGISTRY_TEMPORAL_NAMESPACE: 'team-a.weather',
      THV_REGISTRY_TEMPORAL_TLS_CAFILE: '/secrets/cloud/ca.crt',
      THV_REGISTRY_TEMPORAL_TLS_CERTIFICATEFILE: '/secrets/cloud/tls.crt',
      THV_REGISTRY_TEMPORAL_TLS_KEYFILE: '/secrets/cloud/tls.key',
      THV_REGISTRY_TEMPORAL_APIKEYFILE: '/secrets/cloud/api-key',
    });
    expect(objectsOf(podOf(resource)['volumes'])).toContainEqual({
      name: 'secret-cloud',
      secret: { secretName: 'cloud' },
    });
  });

  test("TLS with the system's authorities needs no Secret", () => {
    expect(registryTemporal({ tls: {} }, { address: 'temporal.example.com:7233', secret: 's' })).toEqual({
      address: 'temporal.example.com:7233',
      serverName: 'temporal.example.com',
      secret: 's',
      keys: [],
    });
  });

  test('a registry with a Temporal server of its own gets no credentials, and its actors are not asked', () => {
    const named = resourceWith(withVariable('THV_REGISTRY_TEMPORAL_ADDRESS', 'other:7233'));
    expect(variablesOf(named)).toEqual({
      THV_REGISTRY_TEMPORAL_ADDRESS: 'other:7233',
      THV_REGISTRY_TEMPORAL_NAMESPACE: 'team-a.weather',
    });
    const configYAML = stringify({
      sources: [{ name: 'a', managed: {} }],
      temporal: { address: 'other:7233' },
      auth: { mode: 'anonymous' },
    });
    const configured = resourceWith({ configYAML });
    expect(variablesOf(configured)).toEqual({});
    for (const resource of [named, configured]) {
      expect(hasOwnTemporal(resource, renderConfiguration(resource))).toBe(true);
      expect(JSON.stringify(podOf(resource))).not.toContain('secret-cloud');
    }
  });

  test('another namespace on the server of the operator is refused in a variable, which the operator would not follow', () => {
    const resource = resourceWith(withVariable('THV_REGISTRY_TEMPORAL_NAMESPACE', 'mine'));
    expect(() => podOf(resource)).toThrow('set the annotation rollcall.dev/temporal-namespace instead');
  });
});
