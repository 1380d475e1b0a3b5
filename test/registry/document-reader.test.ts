import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DocumentReader, type DocumentReaderOptions, type DocumentSummary } from '../../registry/document/reader.ts';

/** Reads a document in pieces of this many bytes. */
function read(content: string, options: DocumentReaderOptions & { readonly piece?: number } = {}): DocumentSummary {
  const bytes = Buffer.from(content);
  const reader = new DocumentReader(options);
  const drafts = [];
  const findings = [];
  for (let at = 0; at < bytes.length; at += options.piece ?? bytes.length) {
    const entries = reader.push(Uint8Array.from(bytes.subarray(at, at + (options.piece ?? bytes.length))));
    drafts.push(...entries.drafts);
    findings.push(...entries.findings);
  }
  const summary = reader.end();
  return { ...summary, drafts: [...drafts, ...summary.drafts], findings: [...findings, ...summary.findings] };
}

function names(summary: DocumentSummary): string[] {
  return summary.drafts.map(({ draft }) => draft.name);
}

function server(name: string): Record<string, unknown> {
  return { name: `com.example/${name}`, description: `What ${name} does`, version: '1.0.0' };
}

const OFFICIAL = {
  'io.modelcontextprotocol.registry/official': { status: 'deprecated', publishedAt: '2026-01-01T00:00:00Z' },
};
/** A document of items in which SERVER and META stand for those of `com.example/a`. */
function listOf(...items: readonly string[]): string {
  return `[${items.join()}]`.replace('SERVER', JSON.stringify(server('a'))).replace('META', JSON.stringify(OFFICIAL));
}

const IMAGE = { description: 'Fetches', image: 'example.com/fetch:1', transport: 'stdio' };
const REMOTE = { description: 'Far away', url: 'https://example.com/mcp', transport: 'streamable-http' };

const PDF = { namespace: 'com.example', name: 'pdf', description: 'Fills in forms', version: '1.0.0' };

describe('skills and plugins', () => {
  test.each<[string, unknown, readonly string[]]>([
    [
      'next to servers',
      { data: { servers: [server('a')], skills: [PDF], plugins: [PDF] } },
      ['com.example/a', 'skill:com.example/pdf', 'plugin:com.example/pdf'],
    ],
    ['without servers', { version: '1.0.0', data: { skills: [PDF] } }, ['skill:com.example/pdf']],
    ['with null instead of servers', { data: { servers: null, plugins: [PDF] } }, ['plugin:com.example/pdf']],
    ['on a page of the API', { skills: [PDF], metadata: { count: 1 } }, ['skill:com.example/pdf']],
    ['on an empty page of the API', { plugins: null, metadata: { count: 0 } }, []],
  ])('%s', (_, document, expected) => {
    for (const piece of [1, 7, 1_000]) {
      const summary = read(JSON.stringify(document, null, 2), { piece });
      expect(summary).toMatchObject({ format: 'upstream', entries: expected.length, findings: [] });
      expect(names(summary)).toEqual(expected);
    }
  });

  test('are rejected one by one, with their names and locations', () => {
    const text = `{"data": {"skills": [
      ${JSON.stringify({ ...PDF, version: 'latest' })},
      {"namespace": "com.example", "name": "twice", "version": "1.0.0", "version": "2.0.0", "description": "d"},
      ${JSON.stringify(PDF)},
      7
    ]}}`;
    const { drafts, findings } = read(text);
    expect(drafts).toHaveLength(1);
    expect(findings.map(({ name, location, reason }) => `${name} ${location}: ${reason}`)).toEqual([
      'skill:com.example/pdf line 2, column 7: version must not be "latest", which always refers to the newest version',
      'skill:com.example/twice line 3, column 7: version is a duplicate, and parsers differ in which one they use',
      expect.stringMatching(/^null line 5, column 7: /),
    ]);
  });

  test('of a ToolHive document, which has none, aren’t looked at unless they are a list', () => {
    const document = { version: '1', servers: { fetch: IMAGE }, plugins: { a: 1 }, skills: 'none' };
    expect(names(read(JSON.stringify(document)))).toEqual(['io.github.stacklok/fetch']);
  });

  test('that aren’t a list make the document invalid', () => {
    expect(() => read(JSON.stringify({ data: { servers: [], skills: {} } }))).toThrow(
      '"data.skills" must be a list or an object of entries',
    );
  });
});

describe('the formats', () => {
  test.each<[string, unknown]>([
    [
      'the envelope of a registry',
      { version: '1', meta: {}, data: { servers: [server('a'), server('b')], other: [{}] } },
    ],
    [
      'a page of the API',
      { servers: [{ server: server('a'), _meta: OFFICIAL }, { server: server('b') }], metadata: {} },
    ],
    ['a list of servers', [server('a'), server('b')]],
    ['a list of items', [{ server: server('a'), _meta: OFFICIAL }, { server: server('b') }]],
    ['both in one list', [{ _meta: {}, server: server('a') }, server('b')]],
  ])('%s', (_, document) => {
    for (const piece of [1, 7, 1_000]) {
      const summary = read(JSON.stringify(document, null, 2), { piece });
      expect(summary).toMatchObject({ format: 'upstream', entries: 2, findings: [] });
      expect(names(summary)).toEqual(['com.example/a', 'com.example/b']);
      expect(summary.drafts[0]!.draft.document).toBe(JSON.stringify(server('a')));
    }
  });

  test.each<[string, string]>([
    ['without white space', '{"server":SERVER,"_meta":META}'],
    ['with white space between', '{"server":SERVER, "_meta":META}'],
    ['with its extensions first', '{"_meta":META,"server":SERVER}'],
    ['with another member after it', '{"server":SERVER,"_meta":META,"x":[{}]}'],
  ])('an item %s', (_, item) => {
    const { drafts, findings } = read(listOf(item));
    expect(findings).toEqual([]);
    expect(drafts[0]!.draft).toMatchObject({ document: JSON.stringify(server('a')), status: 'deprecated' });
  });

  test.each<[string, string]>([
    ['with a comma too many', '{"server":SERVER,}'],
    ['with a comma too few', '{"server":SERVER"_meta":META}'],
    ['with half a member', '{"server":SERVER,"_meta"}'],
    ['with an invalid server.json', '{"server":{"name":},"_meta":META}'],
  ])('an item %s is rejected', (_, item) => {
    const { drafts, findings } = read(listOf(item, JSON.stringify(server('b'))));
    expect(drafts.map(({ draft }) => draft.name)).toEqual(['com.example/b']);
    expect(findings[0]).toMatchObject({ severity: 'rejection', ordinal: 0 });
    expect(findings[0]!.reason).toMatch(/^the entry isn't valid JSON/);
  });

  test.each<[string, string, string]>([
    ['an item', '{"server":{"name":"x"},"_meta":META,"server":SERVER}', 'server'],
    ['an item, under an escape', '{"server":{"name":"x"},"_meta":META,"\\u0073erver":SERVER}', 'server'],
    ['an extension of an item', '{"server":SERVER,"_meta":{"a":1,"a":2}}', '_meta.a'],
    [
      'a server.json',
      '{"server":{"name":"a/x","name":"a/y","version":"1","description":"d"},"_meta":META}',
      'server.name',
    ],
    ['a single server.json', '{"name":"a/x","version":"1","version":"2","description":"d"}', 'version'],
    [
      'a transport',
      '{"name":"a/x","version":"1","description":"d","remotes":[{},{"url":"https://a.example","url":"https://b.example"}]}',
      'remotes[1].url',
    ],
  ])('%s with a member twice is rejected', (_, item, path) => {
    for (const text of [listOf(item), listOf(item).replaceAll(',', ' , ')]) {
      const { drafts, findings } = read(text);
      expect(drafts).toEqual([]);
      expect(findings[0]!.reason).toMatch(`${path} is a duplicate`);
    }
  });

  test('a ToolHive entry, and a group, with a member twice is rejected', () => {
    const image = '{"image":"a:1","image":"b:1"}';
    const { drafts, findings } = read(`{"servers":{"a":${image}},"groups":[{"name":"g","servers":{"b":${image}}}]}`);
    expect(drafts).toEqual([]);
    expect(findings.map(({ reason }) => reason.split(' is')[0])).toEqual(['image', 'servers.b.image']);
  });

  test('YAML with an alias that contains itself is refused', () => {
    const nested = 'servers: &a [{name: com.c/a, description: x, version: "1.0.0", x: *a}]';
    const merged = 'servers: [&a {name: com.c/a, description: x, version: "1.0.0", <<: *a}]';
    const reason = expect.objectContaining({
      type: 'DocumentInvalid',
      message: expect.stringContaining('the alias *a contains itself'),
    });
    for (const text of [nested, merged]) expect(() => read(text, { syntax: 'yaml' })).toThrow(reason);
  });

  test('an anchor that is used again inside its own value is no cycle', () => {
    expect(names(read('- &a {name: &a com.c/a, description: *a, version: "1"}', { syntax: 'yaml' }))).toEqual([
      'com.c/a',
    ]);
  });

  test('colons and quotes in texts are not members', () => {
    const text = JSON.stringify({
      ...server('a'),
      title: '":\\',
      x: { ':': '\\":', __proto__2: [{ a: 1 }, { a: 1 }] },
    });
    expect(read(`[${text}]`)).toMatchObject({ findings: [], entries: 1 });
  });

  test('YAML with a member twice is refused', () => {
    expect(() => read('name: a/x\nname: a/y\nversion: "1"\ndescription: d', { syntax: 'yaml' })).toThrow(
      'Map keys must be unique, at line 2',
    );
  });

  test('one single server.json, and one single item', () => {
    expect(names(read(JSON.stringify(server('alone'))))).toEqual(['com.example/alone']);
    const item = read(`\ufeff ${JSON.stringify({ _meta: OFFICIAL, server: server('alone') })}`);
    expect(item.drafts[0]!.draft).toMatchObject({ name: 'com.example/alone', status: 'deprecated' });
  });

  test('a ToolHive document, with its remote servers and groups', () => {
    const document = {
      groups: [{ name: 'team', description: 'Ours', servers: { grouped: IMAGE }, remote_servers: {} }],
      remote_servers: { far: REMOTE },
      last_updated: '2026-01-01T00:00:00Z',
      servers: { fetch: IMAGE },
      version: '1.0.0',
    };
    const summary = read(JSON.stringify(document), { piece: 11 });
    expect(summary).toMatchObject({ format: 'toolhive', entries: 3, findings: [] });
    expect(names(summary).toSorted()).toEqual([
      'io.github.stacklok/far',
      'io.github.stacklok/fetch',
      'io.github.stacklok/grouped',
    ]);
    expect(JSON.parse(summary.envelope)).toEqual({
      last_updated: '2026-01-01T00:00:00Z',
      version: '1.0.0',
      servers: {},
      remote_servers: {},
      groups: [{ name: 'team', description: 'Ours', servers: {}, remote_servers: {} }],
    });
  });

  test('a document in upstream format with groups, whose servers are entries too', () => {
    const document = {
      version: '1.0.0',
      meta: { last_updated: '2026-01-01T00:00:00Z' },
      data: {
        groups: [
          { name: 'team', description: 'Ours', servers: [server('b'), { name: 'bad' }], owner: 'us' },
          { name: 'later', description: 'Empty', servers: [] },
        ],
        servers: [server('a')],
        other: [1, 2],
        others: [{}],
      },
    };
    const text = JSON.stringify(document, null, 2);
    for (const piece of [1, 11, 10_000]) {
      const summary = read(text, { piece });
      expect(summary).toMatchObject({ format: 'upstream', entries: 3 });
      expect(names(summary)).toEqual(['com.example/b', 'com.example/a']);
      expect(summary.drafts[0]!.draft.document).toBe(JSON.stringify(server('b')));
      expect(summary.findings).toMatchObject([
        { severity: 'rejection', ordinal: 1, name: 'bad', reason: expect.stringContaining('name must be') as string },
      ]);
      expect(JSON.parse(summary.envelope)).toEqual({
        version: '1.0.0',
        meta: { last_updated: '2026-01-01T00:00:00Z' },
        groups: [
          { name: 'team', description: 'Ours' },
          { name: 'later', description: 'Empty' },
        ],
      });
    }
  });

  test('a list that is null, as Go programs write it, is empty', () => {
    expect(read('{"servers":null,"metadata":{"count":0}}')).toMatchObject({ format: 'upstream', entries: 0 });
    expect(read('{"data":{"servers":null},"version":"1"}')).toMatchObject({ format: 'upstream', entries: 0 });
    expect(read('{"data":{"servers":[],"groups":null}}')).toMatchObject({ format: 'upstream', entries: 0 });
    expect(read('{"data":{"servers":[],"groups":[{"name":"a","servers":null}]}}')).toMatchObject({ entries: 0 });
    expect(read('{"servers":null,"remote_servers":{}}')).toMatchObject({ format: 'toolhive', entries: 0 });
  });

  test('YAML, whatever its style', () => {
    const yaml =
      '# ours\nservers:\n  - &a {name: com.example/a, description: A, version: "1.0"}\n  - {<<: *a, name: com.example/b}\n';
    expect(names(read(yaml, { piece: 5 }))).toEqual(['com.example/a', 'com.example/b']);
    expect(names(read('{name: com.example/flow, description: x, version: "1"}', { syntax: 'yaml' }))).toEqual([
      'com.example/flow',
    ]);
  });
});

test('the order of a document’s members does not matter', () => {
  const members: [string, unknown][] = [
    ['$schema', 'https://example.com/schema.json'],
    ['version', '1.0.0'],
    ['last_updated', '2026-01-01T00:00:00Z'],
    ['servers', { one: IMAGE, two: IMAGE }],
    ['remote_servers', { far: REMOTE }],
    ['groups', [{ name: 'team', servers: { grouped: IMAGE } }]],
  ];
  const sorted = (summary: DocumentSummary): string[] => summary.drafts.map(({ draft }) => draft.document).toSorted();
  const expected = sorted(read(JSON.stringify(Object.fromEntries(members))));
  const orders = fc.shuffledSubarray(members, { minLength: members.length });
  fc.assert(
    fc.property(orders, fc.integer({ min: 1, max: 300 }), (order, piece) => {
      expect(sorted(read(JSON.stringify(Object.fromEntries(order)), { piece }))).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test('the text of a server is that of the document, without white space between its tokens', () => {
  const text = '{"version":"1.0.0","9":1e2,"1":[1.0,{}],"name":"com.example/raw","description":"a \\u00e9 \\" b"}';
  const spaced = text.replaceAll(',', ' ,\r\n\t').replaceAll(':', ' : ');
  for (const document of [`[${spaced}]`, spaced, `{"servers":[{"_meta":{},"server":${spaced}}]}`]) {
    expect(read(document).drafts[0]!.draft.document).toBe(text);
  }
});

test('ordinals count all entries from a given start', () => {
  const document = JSON.stringify([server('a'), { name: 'bad' }, server('c')]);
  const { drafts, findings, entries } = read(document, { firstOrdinal: 10 });
  expect(drafts.map(({ ordinal }) => ordinal)).toEqual([10, 12]);
  expect(findings).toMatchObject([{ severity: 'rejection', ordinal: 11, name: 'bad' }]);
  expect(entries).toBe(3);
});

describe('members outside a format', () => {
  const SECRET = 'SECRET-1';

  test('an MCP client configuration isn’t a registry: its servers are rejected with the reason', () => {
    const summary = read(
      JSON.stringify({
        servers: {
          payments: { type: 'http', url: 'https://pay.example.com/mcp', headers: { Authorization: SECRET } },
          db: { type: 'stdio', command: 'npx', args: ['-y', SECRET], env: { DB_PASSWORD: SECRET } },
        },
        remote_servers: { far: { command: 'npx', env: { TOKEN: SECRET } } },
        groups: [{ name: 'team', servers: { db: { command: SECRET } }, env: { TOKEN: SECRET } }],
        inputs: [{ id: SECRET }],
        mcpServers: { other: { env: { TOKEN: SECRET } } },
        meta: { token: SECRET },
      }),
    );
    expect(summary.drafts).toEqual([]);
    expect(summary.findings.map(({ name, reason }) => `${name}: ${reason.split(':')[0]}`)).toEqual([
      'io.github.stacklok/payments: image is missing',
      'io.github.stacklok/db: image is missing',
      'io.github.stacklok/far: url is missing',
      'io.github.stacklok/db: image is missing',
    ]);
    expect(JSON.stringify(summary)).not.toContain(SECRET);
  });

  test('members that ToolHive doesn’t have are left out of an entry, with a warning', () => {
    const foreign = { command: SECRET, env: { A: SECRET }, args: { A: SECRET }, custom: { A: SECRET } };
    const headers = [{ name: 'Authorization', required: true, value: SECRET }, SECRET];
    const oauth = { client_id: 'rollcall', client_secret: SECRET };
    const summary = read(
      JSON.stringify({
        servers: { fetch: { ...IMAGE, ...foreign, headers: { Authorization: SECRET }, env_vars: { A: SECRET } } },
        remote_servers: { far: { ...REMOTE, headers, oauth_config: oauth } },
      }),
    );
    expect(names(summary)).toEqual(['io.github.stacklok/fetch', 'io.github.stacklok/far']);
    expect(JSON.stringify(summary)).not.toContain(SECRET);
    expect(JSON.parse(summary.drafts[1]!.draft.document)).toMatchObject({
      remotes: [{ headers: [{ name: 'Authorization', isRequired: true }] }],
    });
    expect(summary.findings.map(({ reason }) => reason)).toEqual([
      "command isn't part of ToolHive's format; ignored",
      "env isn't part of ToolHive's format; ignored",
      'args must be a list; ignored',
      "custom isn't part of ToolHive's format; ignored",
      "headers isn't part of ToolHive's format; ignored",
      'env_vars must be a list; ignored',
      "headers[0].value isn't part of ToolHive's format; ignored",
      'headers[1] must be an object; ignored',
      "oauth_config.client_secret isn't part of ToolHive's format; ignored",
    ]);
  });
});

test.each([
  [{ name: 12 }, 'name must be text: put it in quotes'],
  [{ title: 2 }, 'title must be text: put it in quotes'],
  [{ description: 2024 }, 'description must be text: put it in quotes'],
  [{ image: true }, 'image must be text: put it in quotes'],
])('a ToolHive entry with %j is rejected', (members, reason) => {
  const { findings } = read(JSON.stringify({ servers: { fetch: { ...IMAGE, ...members } } }));
  expect(findings).toMatchObject([{ severity: 'rejection', name: 'io.github.stacklok/fetch', reason }]);
});

test('a tag of a ToolHive entry that isn’t text is left out with a warning', () => {
  const { drafts, findings } = read('servers: {fetch: {image: a, tags: [web, 2]}}', { syntax: 'yaml' });
  expect(drafts[0]!.draft.tags).toEqual(['web']);
  expect(findings.map(({ reason }) => reason)).toEqual(['tags[1] must be text: put it in quotes; ignored']);
});

test('values of another type in YAML are named by their type', () => {
  const { drafts, findings } = read(
    `servers:
      - {name: com.example/a, description: d, version: 1.10}
      - {name: com.example/b, description: 2024, version: '1.0.0'}
      - {name: 12, description: d, version: '1.0.0'}
      - {name: com.example/c, description: yes, version: true}
      - {name: com.example/d, description: d, version: ~}
      - {name: com.example/ok, description: 2025-06-18, version: 1.0.0}`,
    { syntax: 'yaml' },
  );
  expect(drafts.map(({ draft }) => draft.name)).toEqual(['com.example/ok']);
  expect(findings.map(({ reason }) => reason)).toEqual([
    'version must be text: put it in quotes',
    'description must be text: put it in quotes',
    'name must be text: put it in quotes',
    'version must be text: put it in quotes',
    'version is missing or empty',
  ]);
});

test('excluded entries are counted and otherwise ignored', () => {
  const document = JSON.stringify([server('a'), server('b')]);
  const summary = read(document, { excludes: (draft) => draft.name.endsWith('/a') });
  expect(names(summary)).toEqual(['com.example/b']);
  expect(summary.entries).toBe(2);
});

test('a member of the document that is not JSON is left out of the envelope', () => {
  const { envelope } = read('{"version": 1.0.0, "last_updated": 2026-11-30, "$schema": "x", "servers": []}');
  expect(JSON.parse(envelope)).toEqual({ $schema: 'x' });
});

test('a member of the document that is too large for the envelope is left out', () => {
  const envelope = JSON.parse(
    read(JSON.stringify({ version: '1', large: 'x'.repeat(50_000), servers: [] })).envelope,
  ) as unknown;
  expect(envelope).toEqual({ version: '1' });
});

test('members named like those of every object are ordinary members', () => {
  const document = `{"__proto__":1,"constructor":{},"":[1],"data/servers":[2],"servers":[${JSON.stringify(server('a'))}]}`;
  const summary = read(document);
  expect(names(summary)).toEqual(['com.example/a']);
  expect(summary.findings).toEqual([]);
});
