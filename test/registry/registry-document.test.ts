import { describe, expect, test } from 'vitest';
import { toolhiveToServerJson } from '../../registry/toolhive/convert.ts';
import { DocumentReader } from '../../registry/document/reader.ts';
import type { EntryStatus } from '../../registry/entry.ts';
import { type EntryKind, kindOfName } from '../../registry/entry-kind.ts';
import type { JsonObject } from '../../registry/json.ts';
import {
  type ExportedEntry,
  type RegistryExport,
  toolhiveDocument,
  upstreamDocument,
} from '../../registry/document/writer.ts';
import type { ToolhiveServer } from '../../registry/toolhive/format.ts';
import { TOOLHIVE_DOCUMENT } from './toolhive-fixture.ts';

const LAST_UPDATED = '2026-01-01T00:00:00Z';

type Format = (registry: RegistryExport) => AsyncIterable<string>;

async function textOf(
  format: Format,
  entries: readonly ExportedEntry[],
  ...envelopes: readonly JsonObject[]
): Promise<string> {
  const readEntries = async function* (kind: EntryKind): AsyncGenerator<ExportedEntry> {
    yield* entries.filter(({ name }) => kindOfName(name) === kind);
  };
  let text = '';
  for await (const piece of format({ readEntries, envelopes, lastUpdated: LAST_UPDATED })) text += piece;
  return text;
}

async function written(...parameters: Parameters<typeof textOf>): Promise<unknown> {
  return JSON.parse(await textOf(...parameters));
}

function exported(document: object, status: EntryStatus = 'active', isLatest = true): ExportedEntry {
  const { name } = document as { name: string };
  return { name, document: JSON.stringify(document), status, isLatest };
}

const fromToolhive = (server: ToolhiveServer): ExportedEntry => exported(toolhiveToServerJson(server));

function remote(name: string, members: object = {}): JsonObject {
  const remotes = [{ type: 'sse', url: `https://${name.split('/')[1]}.example.com` }];
  return { name, description: 'd', version: '1.0.0', remotes, ...members };
}

/** The content of a source of the document: its entries, and its envelope. */
function heldOf(document: JsonObject): { entries: ExportedEntry[]; envelope: JsonObject } {
  const { drafts, findings, envelope } = new DocumentReader().readAll(Buffer.from(JSON.stringify(document)));
  expect(findings.filter(({ severity }) => severity === 'rejection')).toEqual([]);
  const entries = drafts.map(({ draft }) => ({
    name: draft.name,
    document: draft.document,
    status: draft.status,
    isLatest: true,
  }));
  return { entries, envelope: JSON.parse(envelope) as JsonObject };
}

describe('a document that was read and written again is the same, except for order', () => {
  const image = { image: 'ghcr.io/example/a:1' };
  const server = (name: string): JsonObject => ({ name: `com.example/${name}`, description: 'd', version: '1.0.0' });
  const upstream = { version: '1.0.0', meta: { last_updated: '2025-10-13T12:00:00Z' } };

  test.each<[string, Format, JsonObject]>([
    ['with everything', toolhiveDocument, TOOLHIVE_DOCUMENT],
    ['without remote servers', toolhiveDocument, { version: '1.0.0', last_updated: 'x', servers: { a: image } }],
    [
      'with maps and lists that are empty',
      toolhiveDocument,
      {
        version: '1.0.0',
        last_updated: 'x',
        servers: {},
        remote_servers: {},
        groups: [{ name: 'g', description: '', servers: {}, remote_servers: {} }],
      },
    ],
    ['with no groups', toolhiveDocument, { version: '1.0.0', last_updated: 'x', servers: {}, groups: [] }],
    [
      'in upstream format',
      upstreamDocument,
      { ...upstream, $schema: 'https://example.com/upstream.json', data: { servers: [server('a')] } },
    ],
    [
      'in upstream format with groups without servers',
      upstreamDocument,
      { ...upstream, data: { servers: [server('a')], groups: [{ name: 'g', description: 'd', servers: [] }] } },
    ],
  ])('%s', async (_what, format, document) => {
    const { entries, envelope } = heldOf(document);
    expect(await written(format, entries, envelope)).toEqual(document);
    expect(await written(format, entries.toReversed(), envelope)).toEqual(document);
  });

  test('also if it was in the other format in between', async () => {
    const held = heldOf(TOOLHIVE_DOCUMENT);
    const between = (await written(upstreamDocument, held.entries, held.envelope)) as JsonObject;
    const { entries, envelope } = heldOf(between);
    const { $schema: _schema, ...document } = TOOLHIVE_DOCUMENT;
    expect(await written(toolhiveDocument, entries, envelope)).toEqual(document);
  });
});

describe('a ToolHive document', () => {
  test('without an envelope has what the format requires', async () => {
    expect(await written(toolhiveDocument, [])).toEqual({
      version: '1.0.0',
      last_updated: LAST_UPDATED,
      servers: {},
      remote_servers: {},
    });
  });

  test('has the groups that no envelope contains', async () => {
    const grouped = fromToolhive({ key: 'a', entry: { image: 'a' }, remote: false, group: 'g' });
    expect(await written(toolhiveDocument, [grouped])).toMatchObject({
      servers: {},
      groups: [{ name: 'g', description: '', servers: { a: { image: 'a' } } }],
    });
  });

  test('has the latest version of what ToolHive can run', async () => {
    const entries = [
      exported(remote('com.example/a', { version: '1.0.0', title: 'Old' }), 'active', false),
      exported(remote('com.example/a', { version: '2.0.0', title: 'New' })),
      exported({ name: 'com.example/b', description: 'd', version: '1.0.0' }),
    ];
    expect(await written(toolhiveDocument, entries)).toMatchObject({
      servers: {},
      remote_servers: { 'com.example/a': { title: 'New' } },
    });
  });

  test('says which servers are deprecated', async () => {
    const named = (key: string, status: string): ExportedEntry => ({
      ...fromToolhive({ key, entry: { status, url: `https://${key}` }, remote: true }),
      status: 'deprecated',
    });
    const entries = [named('a', 'Deprecated'), named('b', 'Active'), exported(remote('com.example/c'), 'deprecated')];
    expect(await written(toolhiveDocument, entries)).toMatchObject({
      remote_servers: {
        a: { status: 'Deprecated' },
        b: { status: 'deprecated' },
        'com.example/c': { status: 'deprecated' },
      },
    });
  });

  test('has two servers with one key under the name of the second', async () => {
    const server = (name: string): ExportedEntry =>
      fromToolhive({ key: 'a', entry: { name, url: `https://${name}` }, remote: true });
    const text = await textOf(toolhiveDocument, [server('com.example/a'), server('org.example/a')]);
    expect(JSON.parse(text)).toMatchObject({
      remote_servers: { a: { url: 'https://com.example/a' }, 'org.example/a': { url: 'https://org.example/a' } },
    });
  });

  test('has the members of the first envelope of its format, and the groups of all', async () => {
    const group = (name: string): JsonObject => ({ name, description: name });
    const document = await written(
      toolhiveDocument,
      [],
      { version: '1.0.0', meta: { last_updated: 'upstream' }, groups: [group('a')] },
      { version: '1.0.1', last_updated: 'first', by: 'us', groups: [group('b'), group('a')] },
      { version: '1.0.2', last_updated: 'second' },
    );
    expect(document).toEqual({
      version: '1.0.1',
      last_updated: 'first',
      by: 'us',
      servers: {},
      groups: [group('a'), group('b')],
    });
  });
});

describe('a document in upstream format', () => {
  test('has each latest server.json unchanged', async () => {
    const text = '{"version":"1","b":1.0,"a":2}';
    const entry = (name: string, isLatest: boolean): ExportedEntry => ({
      name,
      document: text,
      status: 'active',
      isLatest,
    });
    expect(await textOf(upstreamDocument, [entry('a/a', true), entry('a/b', false), entry('a/c', true)])).toBe(
      `{"version":"1.0.0","meta":{"last_updated":"${LAST_UPDATED}"},"data":{"servers":[\n${text},\n${text}]}}\n`,
    );
  });

  test('has version and date of a ToolHive document', async () => {
    expect(await written(upstreamDocument, [], { version: '1.1.0', last_updated: 'x', servers: {} })).toEqual({
      version: '1.1.0',
      meta: { last_updated: 'x' },
      data: { servers: [] },
    });
  });

  test('has the servers of groups in their groups', async () => {
    const server = (key: string, group?: string): ExportedEntry =>
      fromToolhive({ key, entry: { image: key, description: key }, remote: false, group });
    const [top, grouped, other] = [server('a'), server('b', 'g'), server('c', 'h')];
    const envelope = { last_updated: 'x', groups: [{ name: 'g', description: 'Ours', servers: {}, owner: 'us' }] };
    expect(await written(upstreamDocument, [top, grouped, other], envelope)).toMatchObject({
      data: {
        servers: [JSON.parse(top.document)],
        groups: [
          { name: 'g', description: 'Ours', owner: 'us', servers: [JSON.parse(grouped.document)] },
          { name: 'h', description: '', servers: [JSON.parse(other.document)] },
        ],
      },
    });
  });
});

test('the upstream format has the latest versions of skills and plugins with their status', async () => {
  const skill = { namespace: 'com.example', name: 'pdf', description: 'd', version: '2.0.0' };
  const entry = (name: string, document: object, changes: Partial<ExportedEntry> = {}): ExportedEntry => ({
    ...exported(document),
    name,
    ...changes,
  });
  const entries = [
    entry('skill:com.example/pdf', skill),
    entry('skill:com.example/pdf', { ...skill, version: '1.0.0' }, { isLatest: false }),
    entry('plugin:com.example/pdf', { ...skill, status: 'active' }, { status: 'archived' }),
    exported(remote('com.example/server')),
  ];
  expect(await written(upstreamDocument, entries)).toMatchObject({
    data: {
      servers: [{ name: 'com.example/server' }],
      skills: [skill],
      plugins: [{ ...skill, status: 'archived' }],
    },
  });
  expect(await textOf(toolhiveDocument, entries)).not.toContain('pdf');
});
