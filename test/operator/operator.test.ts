import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JsonObject, memberOf, objectsOf } from '../../registry/json.ts';
import { askForPrograms } from '../kubernetes/api-server.ts';
import type { Manifest } from '../kubernetes/manifests.ts';
import { condition, IMAGE, OperatorCluster, parse, type RunningOperator } from './operator-cluster.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';
const FIXTURES = new URL('../fixtures/operator/', import.meta.url);
const EXAMPLES = ['structured', 'config-yaml', 'sources'].flatMap((folder) =>
  readdirSync(new URL(folder, FIXTURES)).map((name) => `${folder}/${name}`),
);

const read = (file: string): Manifest[] => parse(readFileSync(new URL(file, FIXTURES), 'utf8'));
const secret = (namespace: string, name: string, data: Record<string, string>): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name },
  stringData: data,
});
const configMap = (
  namespace: string,
  name: string,
  data: Record<string, string> = { 'registry.json': '{}' },
): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
  data,
});
const registry = (
  metadata: { readonly namespace: string; readonly name: string; readonly [member: string]: unknown },
  spec: object,
): Manifest => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPRegistry',
  metadata,
  spec,
});
const LOCAL = { registries: [{ name: 'local', configMapRef: { name: 'data', key: 'registry.json' } }] };

// The Deployment controller isn't there: these tests write the status of Deployments in its place.
describe.skipIf('missing' in programs)(`the operator${because}`, { timeout: 90_000 }, () => {
  let cluster: OperatorCluster;
  let operator: RunningOperator;

  beforeAll(async () => {
    if ('missing' in programs) return;
    cluster = await OperatorCluster.start(programs);
    for (const name of ['my-namespace', 'toolhive-system', 'team-a', 'team-b']) await cluster.createNamespace(name);
    await cluster.apply(configMap('team-a', 'data'));
    operator = await cluster.startOperator();
  }, 180_000);
  afterAll(async () => {
    await operator?.stop();
    await cluster?.stop();
  });

  const podOf = async (namespace: string, name: string): Promise<JsonObject> =>
    memberOf(memberOf(memberOf(await cluster.get('Deployment', namespace, `${name}-api`), 'spec'), 'template'), 'spec');
  const hashOf = async (namespace: string, name: string): Promise<unknown> => {
    const template = memberOf(memberOf(await cluster.get('Deployment', namespace, `${name}-api`), 'spec'), 'template');
    return memberOf(memberOf(template, 'metadata'), 'annotations')['toolhive.stacklok.dev/config-hash'];
  };

  test('makes the registries of every example and of the guide, applied unchanged', async () => {
    const missing = [
      secret('toolhive-system', 'oauth-client-secret', { secret: 's' }),
      secret('toolhive-system', 'registry-api-db-passwords', { 'db-password': 'a:b', 'migration-password': 'm' }),
      configMap('toolhive-system', 'keycloak-ca', { 'ca.crt': 'certificate' }),
      configMap('toolhive-system', 'prod-registry'),
      configMap('default', 'registry-data'),
      ...parse(
        '{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: registry-data-pvc}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}',
      ),
    ];
    const manifests = [...EXAMPLES, 'guide.yaml'].flatMap(read).filter(({ kind }) => kind !== 'Job');
    await cluster.apply(...missing, ...manifests);
    for (const { kind, metadata } of manifests) {
      if (kind !== 'MCPRegistry') continue;
      const { name, namespace = 'default' } = metadata;
      const status = await cluster.phase(namespace, name, 'Pending');
      expect(status).toMatchObject({ url: `http://${name}-api.${namespace}:8080`, readyReplicas: 0 });
      const pod = await podOf(namespace, name);
      expect(objectsOf(pod['containers'])[0]).toMatchObject({ name: 'registry-api', image: IMAGE });
      for (const [what, suffix] of Object.entries(OBJECTS)) {
        expect(await cluster.get(what, namespace, `${name}${suffix}`)).not.toBeNull();
      }
    }
    const generated = await cluster.get('Secret', 'default', 'production-registry-db-pgpass');
    expect(Buffer.from(String(memberOf(generated, 'data')['.pgpass']), 'base64').toString()).toBe(
      'postgres.database.svc.cluster.local:5432:registry:db_app:app_password\n' +
        'postgres.database.svc.cluster.local:5432:registry:db_migrator:migrator_password\n',
    );
    for (const manifest of read('guide-fragments.yaml')) {
      await expect(cluster.apply(manifest)).rejects.toThrow('set either configYAML, or registries, or sources');
    }
  });

  test('reports phase, conditions, events, and readiness', async () => {
    await cluster.apply(registry({ namespace: 'team-a', name: 'reports' }, LOCAL));
    await cluster.phase('team-a', 'reports', 'Pending');
    await cluster.setReady('team-a', 'reports');
    const status = await cluster.phase('team-a', 'reports', 'Syncing');
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True', reason: 'Ready' });
    expect(status).toMatchObject({ readyReplicas: 1, observedGeneration: 1, apiStatus: { phase: 'Ready' } });
    await cluster.setReady('team-a', 'reports', 0);
    await cluster.phase('team-a', 'reports', 'Pending');
    await cluster.eventually(async () => (await cluster.eventsOf('team-a', 'reports')).length >= 4, 'events tell it');
    const events = await cluster.eventsOf('team-a', 'reports');
    // In the order in which kubectl lists them.
    expect(events.map(({ reason }) => reason)).toEqual(['Applied', 'Pending', 'Syncing', 'Pending']);
    expect(events[0]?.note).toMatch(
      /^created ConfigMap reports-registry-server-config, .*created Deployment reports-api$/,
    );
  });

  describe('clear failures', () => {
    const faulty = async (name: string, spec: object): Promise<JsonObject> => {
      await cluster.apply(registry({ namespace: 'team-a', name }, spec));
      return await cluster.phase('team-a', name, 'Failed');
    };

    test('a field of the pod template that Kubernetes does not know', async () => {
      const containers = [{ name: 'registry-api', resorces: {} }];
      const status = await faulty('bad-template', { ...LOCAL, podTemplateSpec: { spec: { containers } } });
      expect(condition(status, 'PodTemplateValid')).toMatchObject({
        status: 'False',
        reason: 'InvalidPodTemplateSpec',
        message: expect.stringMatching(/podTemplateSpec.*resorces.*blocked until fixed/),
      });
      expect(await cluster.get('Deployment', 'team-a', 'bad-template-api')).toBeNull();
      await cluster.apply(
        registry(
          { namespace: 'team-a', name: 'bad-template' },
          { ...LOCAL, podTemplateSpec: { spec: { containers: [{ name: 'registry-api' }] } } },
        ),
      );
      const repaired = await cluster.phase('team-a', 'bad-template', 'Pending');
      expect(condition(repaired, 'PodTemplateValid')).toMatchObject({ status: 'True' });
    });

    test.each([
      [
        'ConfigMapNotFound',
        { name: 'a', configMapRef: { name: 'none' } },
        'spec.registries[0].configMapRef: the ConfigMap none',
      ],
      ['ConfigMapKeyNotFound', { name: 'a', configMapRef: { name: 'data', key: 'x' } }, 'has no key x'],
      ['PersistentVolumeClaimNotFound', { name: 'a', pvcRef: { claimName: 'none' } }, 'spec.registries[0].pvcRef'],
      [
        'SecretNotFound',
        {
          name: 'a',
          git: {
            repository: 'https://e.com/x',
            auth: { username: 'u', passwordSecretRef: { name: 'none', key: 'k' } },
          },
        },
        'spec.registries[0].git.auth.passwordSecretRef: the Secret none',
      ],
      [
        'ConfigurationInvalid',
        { name: 'Not-valid', api: { endpoint: 'https://e.com' } },
        'spec.registries[0].name: expected 1 to 63 lowercase',
      ],
    ])('%s', async (reason, source, words) => {
      const status = await faulty(`fault-${reason.toLowerCase()}`, { registries: [source] });
      expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason });
      expect(status['message']).toContain(words);
    });

    test('an object of the same name that belongs to someone else', async () => {
      await cluster.apply(configMap('team-a', 'taken-registry-server-config', { mine: 'yes' }));
      const status = await faulty('taken', LOCAL);
      expect(condition(status, 'Ready')).toMatchObject({ reason: 'NameConflict' });
      expect(memberOf(await cluster.get('ConfigMap', 'team-a', 'taken-registry-server-config'), 'data')).toEqual({
        mine: 'yes',
      });
    });
  });

  test('a rotated Secret restarts the pods, a change of a watched ConfigMap does not', async () => {
    await cluster.apply(
      configMap('team-b', 'data'),
      secret('team-b', 'git', { token: '1' }),
      registry(
        { namespace: 'team-b', name: 'rotates' },
        {
          registries: [
            ...LOCAL.registries,
            {
              name: 'git',
              git: {
                repository: 'https://e.com/x',
                auth: { username: 'u', passwordSecretRef: { name: 'git', key: 'token' } },
              },
            },
          ],
        },
      ),
    );
    await cluster.phase('team-b', 'rotates', 'Pending');
    const before = await hashOf('team-b', 'rotates');
    await cluster.apply(configMap('team-b', 'data', { 'registry.json': '{"servers": []}' }));
    await cluster.apply(secret('team-b', 'git', { token: '2' }));
    await cluster.eventually(async () => (await hashOf('team-b', 'rotates')) !== before, 'the pods restart');
    const rotated = await hashOf('team-b', 'rotates');
    await cluster.apply(configMap('team-b', 'data', { 'registry.json': '{"servers": [], "x": 1}' }));
    await cluster.apply(registry({ namespace: 'team-b', name: 'rotates' }, LOCAL));
    await cluster.eventually(async () => (await hashOf('team-b', 'rotates')) !== rotated, 'the spec is applied');
    const settled = await hashOf('team-b', 'rotates');
    await cluster.apply(configMap('team-b', 'data', { 'registry.json': '{"servers": [], "x": 2}' }));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await hashOf('team-b', 'rotates')).toBe(settled);
  });

  test('an object that was changed or deleted by hand is restored, but replicas and pull secrets are left alone', async () => {
    await cluster.apply(registry({ namespace: 'team-a', name: 'drifts' }, LOCAL));
    await cluster.phase('team-a', 'drifts', 'Pending');
    const patch = { type: 'application/merge-patch+json' };
    const deployment = '/apis/apps/v1/namespaces/team-a/deployments/drifts-api';
    await cluster.server.do('PATCH', `${deployment}/scale`, { ...patch, json: { spec: { replicas: 3 } } });
    await cluster.server.do('PATCH', '/api/v1/namespaces/team-a/serviceaccounts/drifts-registry-api', {
      ...patch,
      json: { imagePullSecrets: [{ name: 'of-the-cluster' }] },
    });
    await cluster.delete('Service', 'team-a', 'drifts-api');
    await cluster.eventually(async () => (await cluster.get('Service', 'team-a', 'drifts-api')) !== null, 'it is back');
    await cluster.server.do('PATCH', deployment, {
      type: 'application/strategic-merge-patch+json',
      json: { spec: { template: { spec: { containers: [{ name: 'registry-api', image: 'by-hand' }] } } } },
    });
    await cluster.eventually(
      async () => objectsOf((await podOf('team-a', 'drifts'))['containers'])[0]?.['image'] === IMAGE,
      'the image is back',
    );
    expect(memberOf(await cluster.get('Deployment', 'team-a', 'drifts-api'), 'spec')['replicas']).toBe(3);
    expect(await cluster.get('ServiceAccount', 'team-a', 'drifts-registry-api')).toMatchObject({
      imagePullSecrets: [{ name: 'of-the-cluster' }],
    });
  });

  test("a resource with an invalid spec and the finalizer of ToolHive's operator can be deleted", async () => {
    const finalizers = ['mcpregistry.toolhive.stacklok.dev/finalizer'];
    await cluster.apply(
      registry({ namespace: 'team-a', name: 'broken', finalizers }, { configYAML: 'nonsense: true' }),
    );
    await cluster.phase('team-a', 'broken', 'Failed');
    await cluster.delete('MCPRegistry', 'team-a', 'broken');
    await cluster.eventually(async () => (await cluster.get('MCPRegistry', 'team-a', 'broken')) === null, 'it is gone');
    const workflow = cluster.client.workflow.getHandle('registry/team-a/broken');
    await cluster.eventually(async () => (await workflow.describe()).status.name === 'COMPLETED', 'its workflow ends');
    expect(await cluster.get('MCPRegistry', 'team-a', 'broken')).toBeNull();
  });

  test('resources of the own group are managed next to those of ToolHive', async () => {
    await cluster.apply({
      ...registry({ namespace: 'team-b', name: 'own' }, LOCAL),
      apiVersion: 'rollcall.dev/v1beta1',
    });
    await cluster.eventually(async () => {
      const path = '/apis/rollcall.dev/v1beta1/namespaces/team-b/rollcallregistries/own';
      const { body } = await cluster.server.ask('GET', path);
      return body['status'] !== undefined && memberOf(body, 'status')['phase'] === 'Pending';
    }, 'it waits for its pods');
    expect(await cluster.get('Deployment', 'team-b', 'own-api')).not.toBeNull();
  });
});

const OBJECTS = {
  ConfigMap: '-registry-server-config',
  ServiceAccount: '-registry-api',
  Role: '-registry-api',
  RoleBinding: '-registry-api',
  Service: '-api',
} as const;
