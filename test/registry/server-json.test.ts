import { describe, expect, test } from 'vitest';
import { CURRENT_SCHEMA } from '../../registry/server-json/generations.ts';
import { checkServerJson, faultText } from '../../registry/server-json/check.ts';

const SERVER = { name: 'com.example/weather', description: 'Forecasts', version: '1.0.0' };
const STDIO = { type: 'stdio' };
const NPM = { registryType: 'npm', identifier: '@example/weather', version: '1.0.0', transport: STDIO };
const ARGUMENT = { type: 'positional', valueHint: 'path' };
const NO_URL = 'must start with http://, https:// or a variable such as {baseUrl}, and must not contain white space';
const PROVIDED = 'io.modelcontextprotocol.registry/publisher-provided';

/** The faults of an otherwise valid document with these members, as sentences. */
function faults(members: object): string[] {
  return checkServerJson({ ...SERVER, ...members }).map(faultText);
}
const inPackage = (members: object): string[] => faults({ packages: [{ ...NPM, ...members }] });
const inArguments = (...list: object[]): string[] => inPackage({ packageArguments: list });
const inRemote = (members: object): string[] =>
  faults({ remotes: [{ type: 'streamable-http', url: 'https://mcp.example.com', ...members }] });
const inIcon = (members: object): string[] => faults({ icons: [{ src: 'https://example.com/icon.png', ...members }] });

test('a document with every member has no fault', () => {
  const input = {
    description: 'd',
    isRequired: true,
    isSecret: false,
    format: 'filepath',
    value: '{v}',
    default: 'x',
    placeholder: 'y',
    choices: ['x'],
    variables: { v: { description: 'd', format: 'number' } },
  };
  const document = {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    ...SERVER,
    title: 'Weather',
    websiteUrl: 'https://example.com',
    repository: { url: 'https://github.com/example/weather', source: 'github', id: '1', subfolder: 'src/weather' },
    icons: [{ src: 'https://example.com/icon.png', mimeType: 'image/png', sizes: ['48x48', 'any'], theme: 'dark' }],
    packages: [
      {
        ...NPM,
        registryBaseUrl: 'https://npm.example.com',
        fileSha256: 'a'.repeat(64),
        runtimeHint: 'npx',
        transport: { type: 'sse', url: 'http://localhost:{port}/{path}/{ROOT}', headers: [{ name: 'X', ...input }] },
        runtimeArguments: [{ type: 'positional', valueHint: 'path', isRepeated: true, ...input, value: undefined }],
        packageArguments: [{ type: 'named', name: '--port', isRepeated: false, ...input }],
        environmentVariables: [{ name: 'ROOT', ...input }],
        postInstallInstructions: 'a member of a later generation',
      },
      { registryType: 'mcpb', identifier: 'https://example.com/a.mcpb', fileSha256: 'b'.repeat(64), transport: STDIO },
    ],
    remotes: [
      { type: 'sse', url: 'https://{tenant}.example.com', variables: { tenant: { isRequired: true } } },
      { type: 'streamable-http', url: '{base}/mcp', variables: { base: {} }, headers: [{ name: 'X' }] },
    ],
    _meta: { [PROVIDED]: { tool: 'ci' }, 'com.example': { anything: 1 } },
    later: true,
  };
  expect(checkServerJson(JSON.parse(JSON.stringify(document)))).toEqual([]);
});

describe('the server', () => {
  test('has a name, a description, and a version', () => {
    expect(checkServerJson({}).map(faultText)).toEqual([
      'name is required',
      'description is required',
      'version is required',
    ]);
    expect(checkServerJson([]).map(faultText)).toEqual(['the document must be an object']);
    expect(checkServerJson('text').map(faultText)).toEqual(['the document must be an object']);
  });

  test.each(['weather', 'a/b/c', 'a b/c', 'a_b/c', '/ab', 'größe/x'])('can’t have the name %s', (name) => {
    expect(faults({ name })).toEqual([expect.stringMatching(/^name must be a namespace in reverse-DNS form/)]);
  });

  test.each([
    [{ name: 'ab' }, 'name must have at least 3 characters'],
    [{ name: `a/${'b'.repeat(199)}` }, 'name must have at most 200 characters'],
    [{ description: '' }, 'description must not be empty'],
    [{ description: 'x'.repeat(101) }, 'description must have at most 100 characters'],
    [{ title: '' }, 'title must not be empty'],
    [{ title: 'x'.repeat(101) }, 'title must have at most 100 characters'],
    [{ title: null }, 'title must be a string'],
    [{ version: '' }, 'version must not be empty'],
    [{ version: ' ' }, 'version must not be blank'],
    [{ version: 'latest' }, 'version must be a specific version, not "latest"'],
    [{ version: '^1.0.0' }, 'version must be a specific version, not a range'],
    [{ version: '1'.repeat(256) }, 'version must have at most 255 characters'],
    [{ $schema: '' }, `$schema is required, like ${CURRENT_SCHEMA}`],
    [{ $schema: 'server.schema.json' }, '$schema must be an absolute http:// or https:// URL'],
    [{ websiteUrl: 'example.com' }, 'websiteUrl must be an absolute http:// or https:// URL'],
    [{ websiteUrl: 'javascript:alert(1)' }, 'websiteUrl must be an absolute http:// or https:// URL'],
    [{ packages: {} }, 'packages must be an array'],
    [{ remotes: [5] }, 'remotes[0] must be an object'],
    [{ _meta: [] }, '_meta must be an object'],
    [{ _meta: { [PROVIDED]: 'text' } }, `_meta["${PROVIDED}"] must be an object`],
  ])('%j', (members, fault) => {
    expect(faults(members)).toEqual([fault]);
  });

  test('has a version that can be other than semantic', () => {
    expect(faults({ version: '2025.09.01-beta' })).toEqual([]);
  });
});

test('every fault is reported, each with its path', () => {
  expect(
    faults({
      name: 'x',
      title: 5,
      repository: {},
      packages: [
        NPM,
        {
          registryType: 'mcpb',
          identifier: 'x',
          transport: { type: 'pigeon' },
          packageArguments: [{ type: 'positional' }],
        },
      ],
      remotes: [{ type: 'stdio' }],
    }).toSorted(),
  ).toEqual([
    'name must have at least 3 characters',
    'packages[1].fileSha256 is required for mcpb packages',
    'packages[1].identifier must be the https:// URL of the mcpb file',
    'packages[1].packageArguments[0] must have a value or a valueHint',
    'packages[1].transport.type must be stdio, streamable-http or sse',
    'remotes[0].type must be streamable-http or sse',
    'repository.source is required',
    'repository.url is required',
    'title must be a string',
  ]);
});

describe('the repository', () => {
  test.each([
    [{ source: 'github' }, 'repository.url is required'],
    [{ url: 'https://github.com/a/b' }, 'repository.source is required'],
    [{ url: 'git@github.com:a/b', source: 'github' }, 'repository.url must be an absolute http:// or https:// URL'],
    ...['/a', '../a', 'a//b', 'a/./b', ''].map((subfolder): [object, string] => [
      { url: 'https://github.com/a/b', source: 'github', subfolder },
      'repository.subfolder must be a relative path without empty, "." or ".." parts',
    ]),
  ])('%j', (repository, fault) => {
    expect(faults({ repository })).toEqual([fault]);
  });
});

describe('an icon', () => {
  test.each([
    [{ src: undefined }, 'icons[0].src is required'],
    [{ src: 'http://example.com/icon.png' }, 'icons[0].src must be an absolute https:// URL'],
    [{ src: 'data:image/png;base64,AA==' }, 'icons[0].src must be an absolute https:// URL'],
    [{ src: `https://example.com/${'x'.repeat(255)}` }, 'icons[0].src must have at most 255 characters'],
    [
      { mimeType: 'image/gif' },
      'icons[0].mimeType must be one of image/png, image/jpeg, image/jpg, image/svg+xml, image/webp',
    ],
    [{ sizes: ['48x48', '48'] }, 'icons[0].sizes[1] must be a size such as 48x48, or any'],
    [{ sizes: '48x48' }, 'icons[0].sizes must be an array'],
    [{ theme: 'blue' }, 'icons[0].theme must be one of light, dark'],
  ])('%j', (members, fault) => {
    expect(inIcon(members)).toEqual([fault]);
  });
});

describe('texts that other programs would misread', () => {
  const TRIMMED = 'must not begin or end with white space';
  const VISIBLE = 'must not contain control or invisible characters';
  const PLAIN = 'must not contain control or bidirectional characters';
  test.each([
    [{ version: '1.0.0\n' }, `version ${TRIMMED}`],
    [{ version: ' 1.0.0' }, `version ${TRIMMED}`],
    [{ version: '1.0.0\u00a0' }, `version ${TRIMMED}`],
    [{ version: '1.0\u0007' }, `version ${VISIBLE}`],
    [{ version: '1.0\u200b.0' }, `version ${VISIBLE}`],
    [{ version: '1\u202e0.1' }, `version ${VISIBLE}`],
    [{ title: 'Weather\n' }, `title ${TRIMMED}`],
    [{ title: 'a\u001bb' }, `title ${PLAIN}`],
    [{ title: 'a\u2066b' }, `title ${PLAIN}`],
    [{ description: 'a\u202eb' }, `description ${PLAIN}`],
  ])('%j', (members, fault) => {
    expect(faults(members)).toEqual([fault]);
  });

  test.each([{ version: '1.0 beta' }, { title: 'Familie 👩‍👧' }, { description: 'One line\nand\tanother' }])(
    '%j is accepted',
    (members) => {
      expect(faults(members)).toEqual([]);
    },
  );

  test.each(['com.example/weather\n', ' com.example/weather', 'com.example/wea\u200bther'])('the name %j', (name) => {
    expect(faults({ name })).toEqual([expect.stringMatching(/^name must be a namespace/)]);
  });
});

describe('a document with very many faults', () => {
  const many = (count: number, value: unknown): unknown[] => Array.from({ length: count }, () => value);

  test('gets the first 100, and the number of the others', () => {
    const found = checkServerJson({ ...SERVER, packages: many(1_000, {}) });
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toEqual({ path: '', message: 'has 2900 more faults' });
  });

  test.each([
    ['packages', { packages: many(340_000, {}) }],
    ['environment variables', { packages: [{ ...NPM, environmentVariables: many(340_000, {}) }] }],
    ['choices', { packages: [{ ...NPM, packageArguments: [{ ...ARGUMENT, choices: many(340_000, 1) }] }] }],
    ['remotes', { remotes: many(340_000, {}) }],
    ['sizes of an icon', { icons: [{ src: 'https://example.com/a.png', sizes: many(340_000, '') }] }],
  ])('is not checked value by value: %s', (_, members) => {
    const found = checkServerJson({ ...SERVER, ...members });
    expect(found.map(faultText)).toEqual([
      expect.stringMatching(/^the document has more than 10000 values in (packages|remotes|icons)$/),
    ]);
  });

  test('has short paths and messages, even with very long texts', () => {
    const long = 'x'.repeat(100_000);
    const found = checkServerJson({
      ...SERVER,
      packages: [{ ...NPM, transport: { type: 'sse', url: `http://localhost/{${long}}` } }],
      remotes: [{ type: 'sse', url: 'https://example.com', variables: { [long]: { choices: many(1_000, 1) } } }],
    });
    expect(JSON.stringify(found).length).toBeLessThan(100 * 700);
  });
});

describe('a package', () => {
  test.each([
    [{ registryType: '' }, 'packages[0].registryType must not be empty'],
    [
      { registryType: undefined, registry_type: 'npm' },
      'packages[0].registryType is required',
      'packages[0].registry_type was renamed to registryType on 2025-09-16',
    ],
    [{ identifier: '' }, 'packages[0].identifier must not be empty'],
    [{ version: 'latest' }, 'packages[0].version must be a specific version, not "latest"'],
    [{ version: '~1.2' }, 'packages[0].version must be a specific version, not a range'],
    [
      { fileSha256: 'A'.repeat(64) },
      'packages[0].fileSha256 must be a SHA-256 digest of 64 lower-case hexadecimal digits',
    ],
    [{ registryBaseUrl: 'npm' }, 'packages[0].registryBaseUrl must be an absolute http:// or https:// URL'],
    [{ transport: undefined }, 'packages[0].transport is required'],
    [{ transport: {} }, 'packages[0].transport.type must be stdio, streamable-http or sse'],
    [{ transport: { type: 'sse' } }, 'packages[0].transport.url is required'],
    [{ transport: { type: 'sse', url: 'localhost' } }, `packages[0].transport.url ${NO_URL}`],
    [
      { transport: { type: 'sse', url: 'http://localhost:{port}' } },
      "packages[0].transport.url refers to port, which isn't defined as a variable",
    ],
    [{ transport: { type: 'sse', url: 'http://localhost:99999' } }, 'packages[0].transport.url is not a valid URL'],
    [{ environmentVariables: [{}] }, 'packages[0].environmentVariables[0].name is required'],
    [
      { environmentVariables: [{ name: 'A', format: 'date' }] },
      'packages[0].environmentVariables[0].format must be one of string, number, boolean, filepath',
    ],
    [
      { environmentVariables: [{ name: 'A', default: 5 }] },
      'packages[0].environmentVariables[0].default must be a string',
    ],
    [
      { environmentVariables: [{ name: 'A', variables: { b: 5 } }] },
      'packages[0].environmentVariables[0].variables.b must be an object',
    ],
  ] as [object, ...string[]][])('%j', (members, ...expected) => {
    expect(inPackage(members)).toEqual(expected);
  });

  test('has arguments that are positional or named', () => {
    expect(inArguments({}, { type: 'positional' }, { type: 'named' }, { type: 'named', name: '-p', value: 5 })).toEqual(
      [
        'packages[0].packageArguments[0].type must be positional or named',
        'packages[0].packageArguments[2].name is required',
        'packages[0].packageArguments[3].value must be a string',
        'packages[0].packageArguments[1] must have a value or a valueHint',
      ],
    );
    expect(inArguments({ type: 'positional', value: 'x' }, { type: 'positional', valueHint: 'x' })).toEqual([]);
  });
});

describe('a remote', () => {
  test.each([
    [{ url: 'ftp://example.com' }, `remotes[0].url ${NO_URL}`],
    [{ url: 'https://example.com/{a}/{b}' }, "remotes[0].url refers to a, b, which isn't defined as a variable"],
    [{ url: 'https://example.com/a b' }, `remotes[0].url ${NO_URL}`],
    [{ variables: { a: { isRequired: 'yes' } } }, 'remotes[0].variables.a.isRequired must be a boolean'],
    [{ headers: [{ name: '' }] }, 'remotes[0].headers[0].name must not be empty'],
    [{ transport_type: 'sse' }, 'remotes[0].transport_type was renamed to type on 2025-09-16'],
  ])('%j', (members, fault) => {
    expect(inRemote(members)).toEqual([fault]);
  });
});

test('the extension of the publisher has a limit, 4 KiB by default', () => {
  const document = { ...SERVER, _meta: { [PROVIDED]: { text: 'ä'.repeat(2048) } } };
  expect(checkServerJson(document).map(faultText)).toEqual([
    `_meta["${PROVIDED}"] has 4107 bytes; at most 4096 bytes are allowed`,
  ]);
  expect(checkServerJson(document, { publisherExtensionBytes: 5000 })).toEqual([]);
});

test('content that can’t be stored is reported first', () => {
  expect(checkServerJson({ name: 'a\0b' }).map(faultText)).toEqual([
    "name contains a NUL character, which can't be stored",
  ]);
});
