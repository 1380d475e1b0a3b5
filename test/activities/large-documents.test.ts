/** Documents of several chunks: one is written while the next one is read. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { withClient } from '../../db/connection/plain-client.ts';
import { rawRows } from '../db/raw-rows.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { envelope, serverJson } from './server-documents.ts';
import { SourceUnderTest } from './source-under-test.ts';

/** More than two chunks of 1 MiB. */
const SERVERS = 30;
const DESCRIPTION = 'x'.repeat(100_000);

let testDatabase: TestDatabase;
let path: string;
let source: SourceUnderTest;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'large-documents-'));
  path = join(folder, 'registry.json');
  source = await SourceUnderTest.of(testDatabase.database, { kind: 'file', location: { path } });
  return async () => await rm(folder, { recursive: true });
});

const large = Array.from({ length: SERVERS }, (_, index) =>
  serverJson(`com.example/server-${index}`, '1.0.0', { description: DESCRIPTION }),
);

/** The result of a query with one row and the column `number`. */
async function numberOf(query: string): Promise<number> {
  const [row] = await rawRows<{ number: number }>(testDatabase.database, query);
  return row!.number;
}

const OPEN_TRANSACTIONS = `
  select count(*)::int as number from pg_stat_activity
  where datname = current_database() and usename = current_user and xact_start is not null and pid <> pg_backend_pid()`;

test('an entry that repeats one of another chunk is rejected', async () => {
  const repeated = serverJson('com.example/server-0', '1.0.0', { description: 'Another' });
  await writeFile(path, envelope([...large, repeated]));
  expect((await source.sync()).counts).toMatchObject({ entries: SERVERS, added: SERVERS, rejected: 1 });
  expect(await source.findings()).toContainEqual(
    expect.objectContaining({ severity: 'rejection', ordinal: SERVERS, name: 'com.example/server-0' }),
  );
});

test('a document that breaks off leaves nothing staged, although its last chunk is being written then', async () => {
  await writeFile(path, envelope(large).slice(0, -5));
  expect((await source.failedSync()).message).toContain('truncated');
  await expect.poll(() => numberOf(OPEN_TRANSACTIONS)).toBe(0);
  expect(await numberOf('select count(*)::int as number from snapshot_chunk')).toBe(0);
  expect(await source.served()).toEqual([]);
});

test('an entry that is repeated in the last full chunk is listed although the document breaks off', async () => {
  await writeFile(path, envelope([...large.slice(0, 15), large[0], ...large.slice(15)]).slice(0, -5));
  expect((await source.failedSync()).message).toContain('truncated');
  const rejections = (await source.findings()).filter(({ severity }) => severity === 'rejection');
  expect(rejections).toMatchObject([{ ordinal: 15, name: 'com.example/server-0' }]);
});

test('a chunk that can’t be written fails the sync, and the next one succeeds', async () => {
  await writeFile(path, envelope(large));
  await withClient(testDatabase.ownerSettings, (client) =>
    client.query(`alter table snapshot_chunk add constraint only_one check (number < 1)`),
  );
  expect((await source.failedSync()).message).toContain('only_one');
  expect(await source.served()).toEqual([]);
  await withClient(testDatabase.ownerSettings, (client) =>
    client.query('alter table snapshot_chunk drop constraint only_one'),
  );
  expect((await source.sync()).counts).toMatchObject({ entries: SERVERS, added: SERVERS });
});
