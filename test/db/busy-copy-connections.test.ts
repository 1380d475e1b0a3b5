import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { CONNECT_TIMEOUT_MS } from '../../db/connection/settings.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
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

test('syncs wait for a connection longer than the connect timeout, and all of them succeed', async () => {
  const { copyPool } = target.database;
  const names = Array.from({ length: 3 * copyPool.options.max }, (_, index) => `source-${index}`);
  await useSources(target.database, ...names.map((name) => source(name)));
  const held = await Promise.all(names.slice(0, copyPool.options.max).map(() => copyPool.connect()));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const syncs = names.map((sourceName) => sync(target.database, { sourceName, entries: drafts(10) }));
  const settled = Promise.allSettled(syncs);
  await vi.waitUntil(() => copyPool.waitingCount === names.length, { timeout: 60_000 });
  await vi.advanceTimersByTimeAsync(2 * CONNECT_TIMEOUT_MS);
  vi.useRealTimers();
  for (const client of held) client.release();
  expect((await settled).map(({ status }) => status)).toEqual(names.map(() => 'fulfilled'));
  expect(await entriesOf(target.database)).toHaveLength(10);
});
