/** Mistakes of operators and upstreams cause a clear failure or a rejection, and no served entry is lost. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listFindings } from '../../db/syncs/sync-findings.ts';
import type { RegistryFormat } from '../../registry/source-definition.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { envelope, serverJson } from './server-documents.ts';
import { SourceUnderTest } from './source-under-test.ts';

let testDatabase: TestDatabase;
let path: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bad-documents-'));
  path = join(folder, 'registry');
  return async () => await rm(folder, { recursive: true });
});

const GOOD = serverJson('com.example/good');
const TOOLHIVE = JSON.stringify({
  version: '1.0.0',
  last_updated: '2026-01-01T00:00:00Z',
  servers: { good: { description: 'Good', image: 'example.com/good:1', transport: 'stdio' } },
});

async function served(content: string, format?: RegistryFormat): Promise<SourceUnderTest> {
  const options = format === undefined ? {} : { format };
  const source = await SourceUnderTest.of(testDatabase.database, { kind: 'file', location: { path } }, options);
  await writeFile(path, content);
  await source.sync();
  return source;
}

describe('a document that is not a registry document fails the sync and keeps what is served', () => {
  test.each<[string, string, string, string]>([
    ['nothing', '', 'DocumentInvalid', 'the document is empty'],
    ['a web page', '<!doctype html>\n<html></html>', 'DocumentInvalid', 'got an HTML page (a login page?)'],
    ['a sentence', 'There is no registry here.', 'DocumentInvalid', 'it must be a mapping or a list'],
    ['broken YAML', 'servers:\n  a: [1\nb: }', 'DocumentInvalid', 'at line 3, column'],
    ['truncated JSON', envelope([GOOD]).slice(0, -5), 'DocumentInvalid', 'truncated: it ends at line 1, column'],
    ['malformed JSON', '{"data":{"servers":[] "x":1}}', 'DocumentInvalid', 'line 1, column 23 (byte 22)'],
    ['other JSON', '{"users":[{"id":1}]}', 'DocumentInvalid', 'it is an object with "users"'],
    ['a number', '42', 'DocumentInvalid', 'it must be a mapping or a list'],
    [
      'UTF-16',
      Buffer.from('\ufeff{}', 'utf16le').toString('latin1'),
      'DocumentInvalid',
      'the document is UTF-16: save it as UTF-8',
    ],
    ['a list in place of servers', '{"servers":"none"}', 'DocumentInvalid', '"servers" must be'],
    [
      'the other format',
      TOOLHIVE,
      'FormatMismatch',
      'the source has the format upstream, but the document is in the format toolhive',
    ],
    [
      'only bad entries',
      envelope([{ name: 'com.example/a' }, {}]),
      'AllEntriesRejected',
      'all 2 entries were rejected',
    ],
    ['an alias bomb', aliasBomb(), 'DocumentInvalid', 'Excessive alias count'],
  ])('%s', async (...[, content, type, message]) => {
    const source = await served(envelope([GOOD]), 'upstream');
    await writeFile(path, content, 'latin1');
    const failure = await source.failedSync();
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(failure.message).toContain(message);
    expect(await source.served()).toEqual(['com.example/good@1.0.0']);
    expect((await source.row()).lastRun).toMatchObject({ outcome: 'failed', failureType: type });
  });
});

test('a document that mixes two formats is refused', async () => {
  await writeFile(path, '{"servers":[],"remote_servers":{}}');
  const source = await SourceUnderTest.of(testDatabase.database, { kind: 'file', location: { path } });
  const failure = await source.failedSync();
  expect(failure.type).toBe('DocumentInvalid');
  expect(failure.message).toContain('mixes the formats upstream and toolhive');
});

describe('a bad entry is rejected alone, with its reason', () => {
  test.each<[string, unknown, string | null, string]>([
    ['without a name', { description: 'x', version: '1.0.0' }, null, 'name is missing'],
    ['with an empty name', serverJson(''), null, 'name is missing'],
    ['with two slashes in its name', serverJson('a/b/c'), 'a/b/c', 'one slash'],
    ['with the version latest', serverJson('com.example/x', 'latest'), 'com.example/x', 'version must not be "latest"'],
    ['without a version', { name: 'com.example/x', description: 'x' }, 'com.example/x', 'version is missing'],
    ['without a description', { name: 'com.example/x', version: '1.0.0' }, 'com.example/x', 'description is missing'],
    [
      'that appears twice',
      GOOD,
      'com.example/good',
      'already has an entry with this name and version; the first one is used',
    ],
    [
      'with a description of 2 MB',
      serverJson('com.example/x', '1.0.0', { description: 'x'.repeat(2_000_000) }),
      'com.example/x',
      'too large',
    ],
    [
      'with a NUL character',
      serverJson('com.example/x', '1.0.0', { title: 'a\0b' }),
      'com.example/x',
      'title contains a NUL',
    ],
    ['with a NUL in its name', serverJson('com.example/\0'), 'com.example/', 'NUL'],
    [
      'with deep nesting',
      serverJson('com.example/x', '1.0.0', { _meta: nested(200) }),
      'com.example/x',
      'nested too deeply',
    ],
    ['that is text', 'com.example/x', null, "isn't a JSON object"],
    ['that is null', null, null, "isn't a JSON object"],
  ])('%s', async (...[, entry, name, reason]) => {
    const source = await served(envelope([GOOD, entry, serverJson('com.example/last')]));
    expect(await source.served()).toEqual(['com.example/good@1.0.0', 'com.example/last@1.0.0']);
    expect((await source.row()).lastRun).toMatchObject({ outcome: 'changed', entries: 2, rejected: 1 });
    const findings = (await source.findings()).filter(({ severity }) => severity === 'rejection');
    expect(findings).toMatchObject([{ name, ordinal: 1, location: expect.stringMatching(/^line 1, column \d{3}$/) }]);
    expect(findings[0]!.reason).toContain(reason);
  });

  test.each([
    ['a missing comma', '{"name":"com.example/x" "version":"1"}'],
    ['a NUL byte', '{"name":"com.example/x","title":"\0"}'],
    ['a trailing comma', '{"name":"com.example/x",}'],
    ['bytes that are not UTF-8', '{"name":"com.example/x","title":"\xff"}'],
  ])('with %s in its text', async (_, text) => {
    const source = await SourceUnderTest.of(testDatabase.database, { kind: 'file', location: { path } });
    await writeFile(path, `[${JSON.stringify(GOOD)},\n${text}]`, 'latin1');
    expect(await source.sync()).toMatchObject({ counts: { entries: 1, rejected: 1 } });
    const [finding] = await source.findings();
    expect(finding).toMatchObject({
      severity: 'rejection',
      name: 'com.example/x',
      ordinal: 1,
      location: 'line 2, column 1',
    });
    expect(finding!.reason).toMatch(/valid (JSON|UTF-8)/);
  });
});

test('a repeated rejection has its new location, and the earlier sync keeps the old one', async () => {
  const source = await served(`[${JSON.stringify(GOOD)},\n{"name":"com.example/bad"}]`);
  const before = (await source.row()).lastRun!.id;
  await writeFile(path, `[${JSON.stringify(GOOD)},\n\n\n  {"name":"com.example/bad"}]`);
  await source.sync();
  expect(await source.findings()).toMatchObject([{ name: 'com.example/bad', location: 'line 4, column 3' }]);
  expect(await listFindings(source.database, { syncRunId: before, limit: 10, offset: 0 })).toMatchObject([
    { name: 'com.example/bad', location: 'line 2, column 1' },
  ]);
});

describe('an entry that was served and became invalid', () => {
  const broken: [string, string | Record<string, unknown>][] = [
    ['grew too large', serverJson('com.example/x', '2.0.0', { description: 'x'.repeat(2_000_000) })],
    ['lost its description', { name: 'com.example/x', version: '2.0.0' }],
    ['lost its version', { name: 'com.example/x', description: 'x' }],
    ['has a raw NUL', '{"name":"com.example/x","version":"2.0.0","title":"\0"}'],
  ];
  test.each(broken)('is still served in its old state: %s', async (_, entry) => {
    const source = await served(envelope([GOOD, serverJson('com.example/x', '2.0.0'), serverJson('com.example/gone')]));
    const text = typeof entry === 'string' ? entry : JSON.stringify(entry);
    await writeFile(path, `[${JSON.stringify(GOOD)},${text}]`);
    expect(await source.sync()).toMatchObject({ counts: { entries: 1, removed: 1, rejected: 1 } });
    expect(await source.served()).toEqual(['com.example/good@1.0.0', 'com.example/x@2.0.0']);

    await writeFile(path, envelope([GOOD]));
    expect(await source.sync()).toMatchObject({ counts: { removed: 1, rejected: 0 } });
    expect(await source.served()).toEqual(['com.example/good@1.0.0']);
  });
});

test('a byte order mark is accepted', async () => {
  expect(await (await served(`\ufeff${envelope([GOOD])}`)).served()).toEqual(['com.example/good@1.0.0']);
});

function nested(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels));
}

/** Nine levels of nine aliases each. */
function aliasBomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const content = level === 0 ? '"x"' : Array.from({ length: 9 }, () => `*l${level - 1}`).join(', ');
    return `l${level}: &l${level} [${content}]`;
  });
  return `${levels.join('\n')}\n`;
}
