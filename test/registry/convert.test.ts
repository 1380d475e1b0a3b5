import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serverJsonToToolhive, toolhiveToServerJson } from '../../registry/toolhive/convert.ts';
import { PUBLISHER_PROVIDED, publisherExtension } from '../../registry/server-json/extension.ts';
import { jsonEquals, type JsonObject } from '../../registry/json.ts';
import { checkServerJson } from '../../registry/server-json/check.ts';
import type { ToolhiveServer } from '../../registry/toolhive/format.ts';
import { tagsOf } from '../../registry/server-json/extension.ts';
import { TOOLHIVE_DOCUMENT, serversOf } from './toolhive-fixture.ts';

const SERVERS = serversOf(TOOLHIVE_DOCUMENT);

function serverOf(key: string): ToolhiveServer {
  const server = SERVERS.find((candidate) => candidate.key === key);
  if (server === undefined) throw new Error(`${key} is not in the fixture`);
  return server;
}

const entryOf = (key: string): JsonObject => serverOf(key).entry;
const convert = (key: string): JsonObject => toolhiveToServerJson(serverOf(key));

/** The result of reading the converted document's text again. */
function stored<T>(document: T): T {
  return JSON.parse(JSON.stringify(document)) as T;
}

describe('a ToolHive server as server.json', () => {
  test('that runs in a container', () => {
    expect(convert('weather')).toMatchObject({
      $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
      name: 'io.github.stacklok/weather',
      title: 'Weather',
      description: 'Forecasts and warnings for any place',
      version: '1.0.0',
      repository: { url: 'https://github.com/example/weather-mcp', source: 'github' },
      packages: [
        {
          registryType: 'oci',
          identifier: 'ghcr.io/example/weather-mcp:v1.0.0',
          transport: { type: 'sse', url: 'http://localhost:3000' },
          environmentVariables: [
            { name: 'API_KEY', description: 'Key of the weather service', isRequired: true, isSecret: true },
            { name: 'CACHE_TTL', description: 'Seconds that a forecast is kept', isRequired: false, default: '3600' },
          ],
        },
      ],
    });
  });

  test('keeps what server.json has no place for in the extension, under its image', () => {
    const { 'io.github.stacklok': extension, ...others } = publisherExtension(convert('weather')) ?? {};
    const elsewhere = ['image', 'title', 'description', 'transport', 'target_port', 'env_vars', 'repository_url'];
    const rest = Object.entries(entryOf('weather')).filter(([member]) => !elsewhere.includes(member));
    expect(extension).toEqual({ 'ghcr.io/example/weather-mcp:v1.0.0': Object.fromEntries(rest) });
    expect(others).toEqual({});
    expect(tagsOf(convert('weather'))).toEqual(['weather', 'api']);
  });

  test('that runs elsewhere', () => {
    const document = convert('cloud');
    expect(document).toMatchObject({
      name: 'io.github.stacklok/cloud',
      repository: { url: 'https://gitlab.com/example/cloud-mcp', source: 'gitlab' },
      remotes: [
        {
          type: 'sse',
          url: 'https://mcp.example.com/sse',
          headers: [
            { name: 'X-API-Key', description: 'Key', isRequired: true, isSecret: true },
            { name: 'X-Region', description: 'Region', isRequired: false, default: 'eu', choices: ['eu', 'us'] },
          ],
        },
      ],
    });
    expect(document).not.toHaveProperty('packages');
    expect(publisherExtension(document)?.['io.github.stacklok']).toMatchObject({
      'https://mcp.example.com/sse': { oauth_config: { client_id: 'rollcall' }, env_vars: [{ name: 'REGION' }] },
    });
  });

  test('keeps its own name, with its key next to it', () => {
    expect(convert('named-in-full')).toMatchObject({
      name: 'com.example/named',
      packages: [{ transport: { type: 'streamable-http', url: 'http://localhost' } }],
    });
  });

  test.each([
    ['named-like-its-key', { registryType: 'npm', identifier: '@example/named', version: '1.2.3' }],
    ['stdio-with-port', { registryType: 'pypi', identifier: 'stdio-with-port', version: '0.1.0' }],
    ['go-package', { registryType: 'go', identifier: 'example.com/cmd/server', version: 'v1.0.0' }],
  ])('that isn’t a container: %s', (key, expected) => {
    expect(convert(key)['packages']).toMatchObject([expected]);
  });

  test('always has a description, which clients require', () => {
    expect(convert('sparse')['description']).toBe('sparse');
    expect(convert('go-package')['description']).toMatch(/^.{101,}$/);
  });

  test('of a group is a separate version, below the same name at the top of the document', () => {
    const versions = SERVERS.map(toolhiveToServerJson).map(({ name, version }) => `${String(name)} ${String(version)}`);
    expect(new Set(versions).size).toBe(versions.length);
    expect(versions).toContain('io.github.stacklok/weather 1.0.0');
    expect(versions).toContain('io.github.stacklok/weather 1.0.0-group-data-pipeline');
  });

  test('meets the rules of a publish if the server allows it', () => {
    const faulty = SERVERS.filter((server) => checkServerJson(toolhiveToServerJson(server)).length > 0);
    // A description of more than 100 characters, and a kind of package that server.json doesn't know.
    expect(faulty.map(({ key }) => key)).toEqual(['go-package']);
  });
});

describe('a server.json as ToolHive server', () => {
  const document = {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-10-17/server.schema.json',
    name: 'com.example/files',
    title: 'Files',
    description: 'Reads files',
    version: '2.1.0',
    repository: { url: 'https://github.com/example/files', source: 'github', subfolder: 'src' },
    websiteUrl: 'https://example.com',
    icons: [{ src: 'https://example.com/icon.png' }],
    packages: [
      { registryType: 'npm', identifier: '@example/files', version: '2.1.0', transport: { type: 'stdio' } },
      {
        registryType: 'oci',
        identifier: 'ghcr.io/example/files:2.1.0',
        transport: { type: 'streamable-http', url: 'http://localhost:8080/mcp' },
        environmentVariables: [
          { name: 'ROOT', value: '/data' },
          { name: 'TOKEN', description: 'Token', isRequired: true, isSecret: true },
        ],
        runtimeArguments: [
          { type: 'named', name: '-e', value: 'LEVEL=debug', description: 'Log level' },
          {
            type: 'named',
            name: '--env',
            value: 'KEY={key}',
            variables: { key: { isRequired: true, isSecret: true, default: 'k' } },
          },
          { type: 'named', name: '-v', value: '/data:/data' },
        ],
        packageArguments: [
          { type: 'named', name: '--root', value: '/data' },
          { type: 'positional', value: 'serve' },
        ],
      },
    ],
  };

  test('is the container if it has several packages', () => {
    expect(serverJsonToToolhive(document)).toMatchObject({
      key: 'com.example/files',
      remote: false,
      entry: {
        title: 'Files',
        description: 'Reads files',
        status: 'active',
        tier: 'Community',
        tools: [],
        repository_url: 'https://github.com/example/files',
        image: 'ghcr.io/example/files:2.1.0',
        transport: 'streamable-http',
        target_port: 8080,
        args: ['--root', '/data', 'serve'],
        env_vars: [
          { name: 'ROOT', description: '', required: false, default: '/data' },
          { name: 'TOKEN', description: 'Token', required: true, secret: true },
          { name: 'LEVEL', description: 'Log level', required: false, default: 'debug' },
          { name: 'KEY', description: '', required: true, secret: true },
        ],
      },
    });
  });

  test.each([
    [{ registryType: 'npm', identifier: '@a/b', version: '1.0.0' }, 'npx://@a/b@1.0.0'],
    [{ registryType: 'pypi', identifier: 'a-b', version: '1.0.0' }, 'uvx://a-b@1.0.0'],
    [{ registryType: 'npm', identifier: 'a' }, 'npx://a'],
    [{ registryType: 'oci', identifier: 'ghcr.io/a/b:1.0.0', version: '1.0.0' }, 'ghcr.io/a/b:1.0.0'],
    [{ registryType: 'oci', identifier: 'ghcr.io/a/b', version: '1.0.0' }, 'ghcr.io/a/b:1.0.0'],
    [
      { registryType: 'oci', identifier: 'a/b', version: '1.0.0', registryBaseUrl: 'https://docker.io' },
      'docker.io/a/b:1.0.0',
    ],
    [{ registryType: 'oci', identifier: 'a/b@sha256:00', version: '1.0.0' }, 'a/b@sha256:00'],
    [
      { registry_type: 'oci', identifier: 'ghcr.io/example/weather-mcp:v1.0.0', version: 'v1.0.0' },
      'ghcr.io/example/weather-mcp:v1.0.0',
    ],
    [{ registry_name: 'npm', name: 'a', version: '1.0.0' }, 'npx://a@1.0.0'],
  ])('calls the package %j the image %s', (found, image) => {
    const server = serverJsonToToolhive({ name: 'a/b', description: 'd', version: '1', packages: [found] });
    expect(server?.entry).toMatchObject({ image, transport: 'stdio' });
  });

  test('is remote if it has a URL, also in the notation of 2025-07-09', () => {
    const remotes = [
      { transport_type: 'sse', url: 'https://a.example.com', headers: [{ name: 'K', is_required: true }] },
    ];
    expect(serverJsonToToolhive({ ...document, remotes })).toMatchObject({
      remote: true,
      entry: {
        url: 'https://a.example.com',
        transport: 'sse',
        headers: [{ name: 'K', description: '', required: true }],
      },
    });
  });

  test.each([{}, { packages: [] }, { packages: [{ registryType: 'mcpb', identifier: 'https://example.com/a.mcpb' }] }])(
    'is left out if ToolHive could not run it: %j',
    (members) => {
      expect(serverJsonToToolhive({ name: 'a/b', description: 'd', version: '1', ...members })).toBeNull();
    },
  );

  test('is unchanged when converted back', () => {
    expect(toolhiveToServerJson(stored(serverJsonToToolhive(document))!)).toEqual(document);
  });
});

describe('there and back', () => {
  test.each(SERVERS.map((server) => [`${server.group ?? ''}/${server.key}`, server] as const))(
    '%s',
    (_label, server) => {
      expect(serverJsonToToolhive(stored(toolhiveToServerJson(server)))).toEqual(server);
    },
  );

  const value = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>;
  const anyOr = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 4, arbitrary: usual }, value);
  const word = fc.stringMatching(/^[a-z]{1,6}$/);
  const inputs = fc.array(
    fc.record(
      { name: word, description: word, required: fc.boolean(), secret: fc.boolean(), default: word, other: value },
      { requiredKeys: ['name'] },
    ),
    { maxLength: 3 },
  );
  const image = fc.constantFrom(
    'ghcr.io/a/b:1',
    'npx://@a/b@1.0.0',
    'npx://a',
    'uvx://a@',
    'a',
    'go://x',
    'npx://',
    '__proto__',
  );
  const port = fc.oneof(fc.nat(70_000), fc.constantFrom(80, 443, -1, 1.5));
  const merged = (known: fc.Arbitrary<object>): fc.Arbitrary<JsonObject> =>
    fc
      .tuple(known, fc.oneof(fc.constant({}), fc.dictionary(fc.string(), value, { maxKeys: 3 })))
      .map((parts) => stored(Object.assign(Object.create(Object.prototype) as object, ...parts) as JsonObject));

  const entry = merged(
    fc.record(
      {
        name: anyOr(fc.oneof(word, fc.constant('com.example/a'))),
        title: anyOr(word),
        description: anyOr(word),
        status: anyOr(fc.constantFrom('Active', 'active', 'Deprecated')),
        tier: anyOr(word),
        transport: anyOr(fc.constantFrom('stdio', 'sse', 'streamable-http')),
        target_port: anyOr(port),
        image: anyOr(image),
        url: anyOr(fc.webUrl()),
        tools: anyOr(fc.array(word)),
        args: anyOr(fc.array(word)),
        env_vars: anyOr(inputs),
        headers: anyOr(inputs),
        repository_url: anyOr(fc.webUrl()),
        custom_metadata: anyOr(fc.dictionary(word, value)),
        permissions: value,
        oauth_config: value,
      },
      { requiredKeys: [] },
    ),
  );

  test('any ToolHive server', () => {
    const server = fc.record(
      { key: fc.oneof(word, fc.string()), entry, remote: fc.boolean(), group: fc.string() },
      { requiredKeys: ['key', 'entry', 'remote'] },
    );
    fc.assert(
      fc.property(server, (original) => {
        fc.pre(original.key !== '');
        const back = serverJsonToToolhive(stored(toolhiveToServerJson(original)));
        expect(back && jsonEquals(stored({ ...back }), stored({ ...original }))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('any server.json that ToolHive could run', () => {
    const transport = fc.record({
      type: fc.constantFrom('stdio', 'sse'),
      url: fc.constantFrom('http://localhost:80/x', 'http://localhost', ''),
    });
    const packages = fc.array(
      fc.record(
        {
          registryType: fc.constantFrom('oci', 'npm', 'pypi', 'mcpb'),
          registry_type: fc.constantFrom('oci', 'npm'),
          identifier: fc.constantFrom('a', '@a/b', 'ghcr.io/a/b:1', 'a/b'),
          version: anyOr(fc.constantFrom('1.0.0', 'latest')),
          registryBaseUrl: anyOr(fc.webUrl()),
          transport: anyOr(transport),
          environmentVariables: anyOr(inputs),
          packageArguments: anyOr(fc.array(fc.record({ type: fc.constant('positional'), value: word }))),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    );
    const extension = fc.record(
      {
        status: anyOr(word),
        tags: value,
        custom_metadata: anyOr(
          fc.dictionary(fc.constantFrom('dev.rollcall', 'a'), fc.oneof(value, fc.record({ server: value }))),
        ),
      },
      { requiredKeys: [] },
    );
    const meta = fc.record(
      {
        [PUBLISHER_PROVIDED]: anyOr(
          fc.record(
            { 'io.github.stacklok': anyOr(fc.dictionary(image, extension)), other: value, 'dev.rollcall': value },
            { requiredKeys: [] },
          ),
        ),
        other: value,
      },
      { requiredKeys: [] },
    );
    const document = merged(
      fc.record(
        {
          name: fc.constantFrom('com.example/a', 'io.github.stacklok/a'),
          description: word,
          version: fc.constantFrom('1.0.0', '2.0.0'),
          title: anyOr(word),
          repository: anyOr(fc.record({ url: fc.webUrl(), source: word })),
          packages: anyOr(packages),
          remotes: anyOr(fc.array(fc.record({ type: word, url: fc.webUrl(), headers: inputs }, { requiredKeys: [] }))),
          _meta: anyOr(meta),
        },
        { requiredKeys: ['name', 'description', 'version'] },
      ),
    );
    let converted = 0;
    fc.assert(
      fc.property(document, (original) => {
        const server = serverJsonToToolhive(original);
        converted += server === null ? 0 : 1;
        expect(server === null || jsonEquals(stored(toolhiveToServerJson(stored(server))), original)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(converted).toBeGreaterThan(100);
  });
});
