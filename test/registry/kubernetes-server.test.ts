import { describe, expect, test } from 'vitest';
import { deploymentOf } from '../../registry/kubernetes/deployment.ts';
import { contentDigest, seeDocument, seeServer } from '../../registry/kubernetes/sightings.ts';
import { type KubernetesResource, readObject } from '../../registry/kubernetes/object.ts';
import type { JsonObject } from '../../registry/json.ts';
import { checkServerJson } from '../../registry/server-json/check.ts';

const MCP_SERVER = 'mcpservers.toolhive.stacklok.dev';

const EXPORTED = {
  'registry-export': 'true',
  'registry-url': 'https://mcp.example.com/weather',
  'registry-description': 'Tells the weather',
};

interface Parts {
  readonly resource?: KubernetesResource;
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: JsonObject;
  readonly status?: JsonObject;
}

function see({ resource = MCP_SERVER, name = 'weather', annotations = EXPORTED, spec = {}, status = {} }: Parts) {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`toolhive.stacklok.dev/${key}`, value]);
  const metadata = { name, namespace: 'team-a', uid: 'u-1', annotations: Object.fromEntries(prefixed) as JsonObject };
  return seeServer(resource, { metadata, spec, status });
}

function converted(parts: Parts): { document: JsonObject; warnings: readonly string[] } {
  const outcome = see(parts)?.outcome;
  if (outcome === undefined || !('draft' in outcome)) throw new Error(`it was rejected: ${JSON.stringify(outcome)}`);
  return { document: JSON.parse(outcome.draft.document) as JsonObject, warnings: outcome.warnings };
}

function rejection(parts: Parts): string {
  const outcome = see(parts)?.outcome;
  if (outcome === undefined || !('rejection' in outcome)) throw new Error('it was not rejected');
  return outcome.rejection.reason;
}

test('white space around annotations is removed', () => {
  const annotations = {
    ...EXPORTED,
    'registry-export': 'true\n',
    'registry-url': ' https://mcp.example.com/weather\n',
  };
  const { document } = converted({ annotations: { ...annotations, 'registry-version': '2.0.0\n' } });
  expect(document).toMatchObject({ version: '2.0.0', remotes: [{ url: 'https://mcp.example.com/weather' }] });
});

test.each(['https://mcp.example.com/wea\nther', 'https://mcp.example.com/a b'])('the URL %j is not served', (url) => {
  expect(rejection({ annotations: { ...EXPORTED, 'registry-url': url } })).toMatch(
    /isn't an http:\/\/ or https:\/\/ URL$/,
  );
});

test('everything that an owner can say about a server is in its entry', () => {
  const { document, warnings } = converted({
    annotations: {
      ...EXPORTED,
      'registry-title': 'Weather',
      'registry-icon': 'https://example.com/icon.png',
      'registry-category': 'science',
      'registry-version': 'v2.1.0-rc.1',
      tools: '["forecast"]',
      'tool-definitions': '[{"name": "forecast"}]',
    },
    spec: { image: 'ghcr.io/acme/weather:1.2.3', transport: 'streamable-http', mcpPort: 9000 },
  });
  expect(warnings).toEqual([]);
  expect(checkServerJson(document)).toEqual([]);
  expect(document).toEqual({
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: 'com.toolhive.k8s.team-a/weather',
    title: 'Weather',
    description: 'Tells the weather',
    version: 'v2.1.0-rc.1',
    icons: [{ src: 'https://example.com/icon.png' }],
    packages: [
      {
        registryType: 'oci',
        identifier: 'ghcr.io/acme/weather:1.2.3',
        transport: { type: 'streamable-http', url: 'http://localhost:9000' },
      },
    ],
    remotes: [{ type: 'streamable-http', url: 'https://mcp.example.com/weather' }],
    _meta: {
      'io.modelcontextprotocol.registry/publisher-provided': {
        'io.github.stacklok': {
          'https://mcp.example.com/weather': {
            status: 'active',
            metadata: {
              kubernetes: {
                kind: 'MCPServer',
                namespace: 'team-a',
                name: 'weather',
                uid: 'u-1',
                image: 'ghcr.io/acme/weather:1.2.3',
                transport: 'streamable-http',
              },
            },
            tags: ['science'],
            tools: ['forecast'],
            tool_definitions: [{ name: 'forecast' }],
          },
        },
      },
    },
  });
});

test('the tags are those that filters use', () => {
  const outcome = see({ annotations: { ...EXPORTED, 'registry-category': 'science' } })?.outcome;
  expect(outcome).toMatchObject({ draft: { tags: ['science'] } });
});

test.each([undefined, 'false', 'True', '1', ''])('an object whose annotation is %j is not exported', (value) => {
  const { 'registry-export': _, ...others } = EXPORTED;
  expect(see({ annotations: { ...others, ...(value !== undefined && { 'registry-export': value }) } })).toBeNull();
});

describe('the version', () => {
  test.each([
    ['of the annotation takes precedence', { annotation: '3.0.0', image: 'a:1.2.3' }, '3.0.0'],
    ['is the tag of the image', { image: 'a:1.2.3' }, '1.2.3'],
    ['is the tag next to a digest', { image: 'reg:5000/a:v1.2.3@sha256:abc' }, 'v1.2.3'],
    ['is not the port of a registry', { image: 'reg:5000/a' }, '1.0.0'],
    ['is not a tag that isn’t a version', { image: 'a:latest' }, '1.0.0'],
    ['is not a tag of two numbers', { image: 'a:1.2' }, '1.0.0'],
    ['has a default', {}, '1.0.0'],
  ])('%s', (_case, { annotation, image }: { annotation?: string; image?: string }, expected) => {
    const annotations = annotation === undefined ? EXPORTED : { ...EXPORTED, 'registry-version': annotation };
    expect(converted({ annotations, spec: { image } }).document['version']).toBe(expected);
  });

  test.each(['latest', '1.2', '1.2.3+build', '^1.0.0'])(
    '%s in the annotation is left out with a warning',
    (version) => {
      const { document, warnings } = converted({
        annotations: { ...EXPORTED, 'registry-version': version },
        spec: { image: 'a:4.5.6' },
      });
      expect(document['version']).toBe('4.5.6');
      expect(warnings).toEqual([expect.stringContaining(JSON.stringify(version))]);
    },
  );
});

describe('the URL', () => {
  const { 'registry-url': _, ...WITHOUT_URL } = EXPORTED;

  test('comes from the status if the owner sets none', () => {
    const { document } = converted({ annotations: WITHOUT_URL, status: { url: 'http://weather.team-a.svc:8080/mcp' } });
    expect(document['remotes']).toEqual([{ type: 'streamable-http', url: 'http://weather.team-a.svc:8080/mcp' }]);
  });

  test('uses the transport of the server, or of the proxy in front of it', () => {
    const types = [{ transport: 'sse' }, { transport: 'stdio', proxyMode: 'sse' }, { transport: 'stdio' }, {}].map(
      (spec) => (converted({ spec }).document['remotes'] as { type: string }[])[0]?.type,
    );
    expect(types).toEqual(['sse', 'sse', 'streamable-http', 'streamable-http']);
  });

  test('a server without one is not an entry yet', () => {
    expect(rejection({ annotations: WITHOUT_URL })).toContain('it has no URL yet');
  });

  test('must be a web URL', () => {
    expect(rejection({ annotations: { ...EXPORTED, 'registry-url': 'javascript:alert(1)' } })).toContain(
      "isn't an http://",
    );
  });
});

describe('an entry is refused', () => {
  test('without a description', () => {
    const { 'registry-description': _, ...annotations } = EXPORTED;
    expect(rejection({ annotations })).toBe('the annotation toolhive.stacklok.dev/registry-description is missing');
  });

  test('if its name would be too long', () => {
    expect(rejection({ name: 'x'.repeat(190) })).toContain('more than 200 characters');
  });

  test.each(['team=a', '', '["team"]', '{"team":1}', '{"team":["a",null]}', String.raw`{"team":"\u0000"}`])(
    'if its claims can’t be read, as %j: it must not be visible to more callers than intended',
    (claims) => {
      expect(rejection({ annotations: { ...EXPORTED, 'authz-claims': claims } })).toContain('authz-claims');
    },
  );
});

test('other mistakes are left out with a warning', () => {
  const { document, warnings } = converted({
    annotations: { ...EXPORTED, tools: 'forecast', 'tool-definitions': '["forecast"]' },
  });
  expect(JSON.stringify(document)).not.toContain('forecast');
  expect(warnings).toEqual([
    expect.stringContaining("/tools isn't a list of names"),
    expect.stringContaining('tool-definitions'),
  ]);
});

test('a server of the Kubernetes project sets its own name and version', () => {
  const { 'registry-url': _, ...annotations } = EXPORTED;
  const { document } = converted({
    resource: 'mcpservers.mcp.x-k8s.io',
    annotations,
    spec: { source: { type: 'ContainerImage', containerImage: { ref: 'a:1.0.1' } } },
    status: { serverInfo: { name: 'Clock', version: '2025-10' }, address: { url: 'http://clock/mcp' } },
  });
  expect(document).toMatchObject({ title: 'Clock', version: '2025-10', remotes: [{ url: 'http://clock/mcp' }] });
  expect(document).not.toHaveProperty('packages');
});

test('a proxy has no package', () => {
  const { document } = converted({
    resource: 'mcpremoteproxies.toolhive.stacklok.dev',
    spec: { remoteUrl: 'https://x' },
  });
  expect(document).not.toHaveProperty('packages');
});

test('an image with stdio keeps stdio for its users', () => {
  const { document } = converted({ spec: { image: 'a:1.0.0', transport: 'stdio', proxyMode: 'sse' } });
  expect(document['packages']).toEqual([{ registryType: 'oci', identifier: 'a:1.0.0', transport: { type: 'stdio' } }]);
});

describe('the state of a server', () => {
  const doing = (status: JsonObject) => {
    const object = readObject(MCP_SERVER, { metadata: { name: 'a', namespace: 'b' }, spec: {}, status });
    return deploymentOf(object!, 'com.toolhive.k8s.b/a');
  };

  test('comes from its condition, or otherwise from its phase', () => {
    expect(doing({ phase: 'Ready', url: 'http://a' })).toMatchObject({ phase: 'Ready', ready: true, url: 'http://a' });
    expect(doing({ phase: 'Ready', conditions: [{ type: 'Ready', status: 'False' }] }).ready).toBe(false);
    expect(doing({ conditions: [{ type: 'Ready', status: 'True' }] })).toMatchObject({ phase: null, ready: true });
    expect(doing({})).toMatchObject({ phase: null, ready: false, url: null });
  });

  test('doesn’t affect the entry', () => {
    const one = see({ status: { phase: 'Pending' } });
    const other = see({ status: { phase: 'Ready' } });
    expect(one?.fingerprint).toBe(other?.fingerprint);
    expect(one?.deployment).not.toEqual(other?.deployment);
  });
});

test('the digest doesn’t depend on the order, but on what is missing', () => {
  const [one, other] = [see({})!, see({ name: 'clock' })!];
  expect(contentDigest([one, other], [])).toBe(contentDigest([other, one], []));
  expect(contentDigest([one], [])).not.toBe(contentDigest([one, other], []));
  expect(contentDigest([one], [])).not.toBe(contentDigest([one], ['mcpservers.mcp.x-k8s.io']));
});

test('a document is text or bytes under its key', () => {
  const binary = { binaryData: { 'registry.json': Buffer.from('[]').toString('base64') } };
  expect(seeDocument({ data: { 'registry.json': '[]' } }, 'registry.json')?.document.toString()).toBe('[]');
  expect(seeDocument(binary, 'registry.json')?.document.toString()).toBe('[]');
  expect(seeDocument({ data: {} }, 'registry.json')).toBeNull();
});
