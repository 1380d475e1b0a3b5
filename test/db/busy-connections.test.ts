import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Database, DEFAULT_MAX_CONNECTIONS, openDatabase, QUICK_REFUSAL } from '../../db/connection/database.ts';
import { CONNECT_TIMEOUT_MS } from '../../db/connection/settings.ts';
import { Overloaded } from '../../pacing/turns.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { rawRows } from './raw-rows.ts';
import { drafts, entriesOf, source, sync, useSources } from './sync-source.ts';

let target: TestDatabase;
beforeAll(async () => {
  target = await createTestDatabase();
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(async () => {
  await target.drop();
});

/** Takes all connections; returns what gives them back. */
async function takeAll(database: Database): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  for (let taken = 0; taken < DEFAULT_MAX_CONNECTIONS; taken += 1) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    database.connections
      .use(async () => {
        resolve();
        await held.promise;
      })
      .catch(reject);
    await promise;
  }
  return held.resolve;
}

test('syncs wait for a connection beyond the connect timeout, and all of them succeed', async () => {
  const names = Array.from({ length: 3 * DEFAULT_MAX_CONNECTIONS }, (_, index) => `source-${index}`);
  await useSources(target.database, ...names.map((name) => source(name)));
  const release = await takeAll(target.database);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const syncs = names.map((sourceName) => sync(target.database, { sourceName, entries: drafts(10) }));
  const settled = Promise.allSettled(syncs);
  await vi.advanceTimersByTimeAsync(2 * CONNECT_TIMEOUT_MS);
  vi.useRealTimers();
  release();
  expect((await settled).map(({ status }) => status)).toEqual(names.map(() => 'fulfilled'));
  expect(await entriesOf(target.database)).toHaveLength(10);
});

test('with limits, queries that wait too long or are too many are refused', async () => {
  const database = await openDatabase(target.settings, { ...QUICK_REFUSAL, maxWaitMs: 1_000, maxWaiting: 2 });
  const release = await takeAll(database);
  const queries = await Promise.allSettled(Array.from({ length: 3 }, () => rawRows(database, 'select 1')));
  for (const query of queries) expect(query).toMatchObject({ reason: expect.any(Overloaded) as Overloaded });
  release();
  expect(await rawRows(database, 'select 1 as one')).toEqual([{ one: 1 }]);
  await database.close();
});
