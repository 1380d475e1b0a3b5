import { describe, expect, test } from 'vitest';
import { toolhiveToServerJson } from '../../registry/convert.ts';
import type { EntryStatus } from '../../registry/entry.ts';
import type { JsonObject } from '../../registry/json.ts';
import { type ExportedEntry, toolhiveDocument, upstreamDocument } from '../../registry/registry-document.ts';
import { envelopeOf, serversOf, TOOLHIVE_DOCUMENT } from './toolhive-fixture.ts';

const LAST_UPDATED = '2026-01-01T00:00:00Z';

function exported(document: object, status: EntryStatus = 'active', isLatest = true): ExportedEntry {
  return { document: JSON.stringify(document), status, isLatest };
}

function remote(name: string, members: object = {}): JsonObject {
  const remotes = [{ type: 'sse', url: `https://${name.split('/')[1]}.example.com` }];
  return { name, description: 'd', version: '1.0.0', remotes, ...members };
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

async function written(pieces: AsyncIterable<string>): Promise<unknown> {
  return JSON.parse(await textOf(pieces));
}

async function writtenToolhive(entries: readonly ExportedEntry[], envelope?: JsonObject): Promise<unknown> {
  const readEntries = async function* (): AsyncGenerator<ExportedEntry> {
    yield* entries;
  };
  return written(toolhiveDocument({ readEntries, envelope, lastUpdated: LAST_UPDATED }));
}

describe('a ToolHive document', () => {
  test('is the one that was read, once it is written again', async () => {
    const status = (entry: JsonObject): EntryStatus => (entry['status'] === 'deprecated' ? 'deprecated' : 'active');
    const entries = serversOf(TOOLHIVE_DOCUMENT).map((server) =>
      // A member of a group whose name stands at the top too is not the latest version of it.
      exported(toolhiveToServerJson(server), status(server.entry), server.group === undefined),
    );
    expect(await writtenToolhive(entries, envelopeOf(TOOLHIVE_DOCUMENT))).toEqual(TOOLHIVE_DOCUMENT);
    expect(await writtenToolhive(entries.toReversed(), envelopeOf(TOOLHIVE_DOCUMENT))).toEqual(TOOLHIVE_DOCUMENT);
  });

  test('without an envelope has what the format demands', async () => {
    expect(await writtenToolhive([])).toEqual({ version: '1.0.0', last_updated: LAST_UPDATED, servers: {} });
    const grouped = toolhiveToServerJson({ key: 'a', entry: { image: 'a' }, remote: false, group: 'g' });
    expect(await writtenToolhive([exported(grouped)])).toMatchObject({
      servers: {},
      groups: [{ name: 'g', description: '', servers: { a: { image: 'a' } } }],
    });
  });

  test('holds the latest version of what ToolHive can run', async () => {
    const entries = [
      exported(remote('com.example/a', { version: '1.0.0', title: 'Old' }), 'active', false),
      exported(remote('com.example/a', { version: '2.0.0', title: 'New' })),
      exported({ name: 'com.example/b', description: 'd', version: '1.0.0' }),
    ];
    expect(await writtenToolhive(entries)).toMatchObject({
      servers: {},
      remote_servers: { 'com.example/a': { title: 'New' } },
    });
  });

  test('says which servers are deprecated', async () => {
    const entries = [
      exported(
        toolhiveToServerJson({ key: 'a', entry: { status: 'Deprecated', url: 'https://a' }, remote: true }),
        'deprecated',
      ),
      exported(
        toolhiveToServerJson({ key: 'b', entry: { status: 'Active', url: 'https://b' }, remote: true }),
        'deprecated',
      ),
      exported(remote('com.example/c'), 'deprecated'),
    ];
    expect(await writtenToolhive(entries)).toMatchObject({
      remote_servers: {
        a: { status: 'Deprecated' },
        b: { status: 'deprecated' },
        'com.example/c': { status: 'deprecated' },
      },
    });
  });

  test('holds two servers of one key under the name of the second', async () => {
    const server = (name: string): ExportedEntry =>
      exported(toolhiveToServerJson({ key: 'a', entry: { name, url: `https://${name}` }, remote: true }));
    expect(await writtenToolhive([server('com.example/a'), server('org.example/a')])).toMatchObject({
      remote_servers: { a: { url: 'https://com.example/a' }, 'org.example/a': { url: 'https://org.example/a' } },
    });
  });
});

describe('an upstream document', () => {
  async function* texts(...documents: string[]): AsyncGenerator<string> {
    yield* documents;
  }

  test('holds the documents as they are', async () => {
    const document = '{"version":"1","b":1.0,"a":2}';
    const text = await textOf(upstreamDocument({ documents: texts(document, document), lastUpdated: LAST_UPDATED }));
    expect(text).toBe(
      `{"version":"1.0.0","meta":{"last_updated":"${LAST_UPDATED}"},"data":{"servers":[${document},${document}]}}`,
    );
  });

  test('has the envelope that was read', async () => {
    const envelope = {
      $schema: 'https://example.com/schema.json',
      version: '1.1.0',
      meta: { last_updated: 'x', by: 'y' },
    };
    expect(await written(upstreamDocument({ documents: texts(), envelope, lastUpdated: LAST_UPDATED }))).toEqual({
      ...envelope,
      data: { servers: [] },
    });
  });
});
