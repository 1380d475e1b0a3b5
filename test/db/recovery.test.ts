import { afterEach, beforeEach, expect, test } from 'vitest';
import { applySnapshot } from '../../db/syncs/apply.ts';
import { type Database, openDatabase } from '../../db/connection/database.ts';
import { listRegistries } from '../../db/configuration/registries.ts';
import { listenForRevisions } from '../../db/configuration/revisions.ts';
import { draft, drafts, entriesOf, labels, stage, source, sync, useSources } from './sync-source.ts';
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts';

let postgres: OwnPostgres;
let database: Database;
beforeEach(async () => {
  postgres = await startOwnPostgres();
  database = await openDatabase(postgres.settings);
  await useSources(database, source('first'));
});
afterEach(async () => {
  await database.close();
  await postgres.remove();
});

const DEADLINE_MS = 10_000;

test('after a kill -9 of Postgres reads and writes fail, and recover by themselves once it is back', async () => {
  await sync(database, { sourceName: 'first', entries: [draft('com.example/a', '1.0.0')] });
  // More at once than there are connections, so that some are waiting for one.
  const readMany = async (): Promise<PromiseSettledResult<unknown>[]> =>
    await Promise.allSettled(Array.from({ length: 40 }, async () => await listRegistries(database)));
  await readMany();
  const during = readMany();
  await postgres.kill();
  await during;
  // A busy backend only notices after its query that its server is gone.
  await expect.poll(async () => await failures(readMany()), { timeout: DEADLINE_MS }).toBe(40);

  await postgres.restart();
  await expect.poll(async () => await failures(readMany()), { timeout: DEADLINE_MS }).toBe(0);
  await sync(database, {
    sourceName: 'first',
    entries: [draft('com.example/a', '1.0.0'), draft('com.example/b', '1.0.0')],
  });
  expect(labels(await entriesOf(database))).toEqual([
    'com.example/a@1.0.0 from first',
    'com.example/b@1.0.0 from first',
  ]);
});

async function failures(settled: Promise<PromiseSettledResult<unknown>[]>): Promise<number> {
  return (await settled).filter(({ status }) => status === 'rejected').length;
}

test('a snapshot that was staged before the crash is lost, which its apply notices', async () => {
  await sync(database, { sourceName: 'first', entries: drafts(20) });
  const snapshot = await stage(database, { sourceName: 'first', entries: drafts(20, '2.0.0') });
  await postgres.kill();
  await postgres.restart();
  await expect
    .poll(async () => await applySnapshot(database, snapshot).catch((error: unknown) => error), {
      timeout: DEADLINE_MS,
    })
    .toMatchObject({ type: 'SnapshotLost' });
  // Other connections of the pool may still be those from before the crash, which is noticed on use.
  await expect
    .poll(async () => (await entriesOf(database)).map(({ version }) => version), { timeout: DEADLINE_MS })
    .toEqual(Array.from({ length: 20 }, () => '1.0.0'));
});

test('the listener reports that it is disconnected, reconnects, and reports what it missed', async () => {
  const told: string[] = [];
  const listener = listenForRevisions(postgres.settings, {
    onRevision: () => {},
    onRevisions: (all) => told.push(...all.map(({ registryId, token }) => `${registryId}:${token}`)),
    onConnection: (connected) => told.push(connected ? 'connected' : 'cut off'),
  });
  const [registry] = await listRegistries(database);
  await expect.poll(() => told).toEqual([`${registry?.id}:${registry?.revisionToken}`, 'connected']);
  told.length = 0;

  await postgres.kill();
  await expect.poll(() => told).toEqual(['cut off']);
  await postgres.restart();
  await expect
    .poll(() => told, { timeout: DEADLINE_MS })
    .toEqual(['cut off', `${registry?.id}:${registry?.revisionToken}`, 'connected']);
  await listener.close();
});
