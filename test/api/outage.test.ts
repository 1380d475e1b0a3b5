import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase, QUICK_REFUSAL } from '../../db/connection/database.ts';
import { withClient } from '../../db/connection/plain-client.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { type Gate, openGate } from './gate.ts';
import { expectError, labels, readJson, readPage } from './items.ts';
import { eventually } from '../eventually.ts';
import { type RunningApi, startApi } from './running-api.ts';

let database: TestDatabase;
let api: RunningApi;
let postgres: Gate;

beforeEach(async () => {
  database = await createTestDatabase();
  await useSources(database.database, source('alpha'));
  await sync(database.database, { sourceName: 'alpha', entries: [draft('com.example/weather', '1.0.0')] });
  postgres = await openGate(database.settings.host, database.settings.port);
  const settings = { ...database.settings, host: '127.0.0.1', port: postgres.port };
  api = await startApi({ ...database, settings, database: await openDatabase(settings, QUICK_REFUSAL) });
});
afterEach(async () => {
  await api.stop();
  postgres.thaw();
  postgres.reopen();
  await api.database.close();
  await postgres.close();
  await database.drop();
});

test('without Postgres cached pages are served, everything else is 503 with Retry-After, and the API recovers by itself', async () => {
  const warm = await readPage(api, '/v0.1/servers');
  postgres.shut();

  expect(await readPage(api, '/v0.1/servers')).toEqual(warm);
  for (const path of ['/v0.1/servers?search=cold', '/extension/v0/registries', '/registry/default/servers.json']) {
    const response = await api.get(path);
    await expectError(response, 503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    const isRegistryRead = path.includes('servers');
    expect(response.headers.get('access-control-allow-origin')).toBe(isRegistryRead ? '*' : null);
  }
  expect((await api.get('/health')).status).toBe(200);

  postgres.reopen();
  await eventually(
    async () => (await api.get('/v0.1/servers?search=weather')).status === 200,
    'the API answers from Postgres again',
  );
  expect(labels(await readPage(api, '/v0.1/servers?search=weather'))).toEqual(['com.example/weather@1.0.0']);
});

test('a running answer is finished when the API is told to stop', async () => {
  const entries = Array.from({ length: 3000 }, (_, index) => draft(`com.example/server-${index}`, '1.0.0'));
  await sync(database.database, { sourceName: 'alpha', entries, apply: { force: true } });
  const response = await api.get('/registry/default/servers.json');
  const stopped = api.stop();
  const { metadata } = (await response.json()) as { metadata: { count: number } };
  expect(metadata.count).toBe(3000);
  await stopped;
  await expect(api.get('/health')).rejects.toThrow('fetch failed');
});

/** A request that fails after much more time than an answer takes. */
function getWithin(path: string, milliseconds = 10_000): Promise<Response> {
  return api.get(path, { signal: AbortSignal.timeout(milliseconds) });
}

async function staleness(path: string): Promise<{ status: number; age: string | null; isMarked: boolean }> {
  const { status, headers } = await getWithin(path);
  const isMarked =
    headers.get('cache-status')?.endsWith('stale') === true && headers.get('warning')?.startsWith('110 ') === true;
  return { status, age: headers.get('age'), isMarked };
}

async function readiness(): Promise<{ status: number; checks: unknown }> {
  const response = await fetch(`${api.internalUrl}/readiness`);
  const { checks } = (await response.json()) as { checks: unknown };
  return { status: response.status, checks };
}

const SINGLE = `/v0.1/servers/${encodeURIComponent('com.example/weather')}/versions/1.0.0`;

test.each(['freeze', 'shut'] as const)(
  'while Postgres doesn’t answer (%s), cached pages are served and marked as stale',
  async (fault) => {
    const warm = [await readPage(api, '/v0.1/servers'), await readJson(api, SINGLE)];
    postgres[fault]();
    await eventually(async () => (await staleness('/v0.1/servers')).isMarked, 'answers are marked as stale');

    expect([await readPage(api, '/v0.1/servers'), await readJson(api, SINGLE)]).toEqual(warm);
    expect(await staleness(SINGLE)).toEqual({ status: 200, age: expect.stringMatching(/^\d+$/), isMarked: true });
    expect(await readiness()).toEqual({
      status: 200,
      checks: { database: 'unavailable: only cached pages are served', registries: '1 loaded' },
    });
    for (const path of ['/v0.1/servers?search=cold', '/registry/default/servers.json', '/v1/sources']) {
      const response = await getWithin(path);
      await expectError(response, 503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(response.headers.get('age')).toBeNull();
    }

    postgres.thaw();
    postgres.reopen();
    await eventually(async () => (await staleness('/v0.1/servers')).age === null, 'answers are current again');
    expect(labels(await readPage(api, '/v0.1/servers?search=weather'))).toEqual(['com.example/weather@1.0.0']);
  },
);

test('a read that is running when Postgres stops answering is refused soon', async () => {
  await readPage(api, '/v0.1/servers');
  postgres.freeze();
  await expectError(await getWithin('/v0.1/servers?search=cold'), 503);
});

test('cached pages are not served for longer than maxStale', async () => {
  await api.stop();
  const settings = { ...database.settings, host: '127.0.0.1', port: postgres.port };
  api = await startApi({ ...database, settings, database: api.database }, { maxStaleMs: 0 });
  await readPage(api, '/v0.1/servers');
  postgres.freeze();
  await eventually(async () => (await getWithin('/v0.1/servers')).status === 503, 'pages in memory are refused');
  await expectError(await getWithin('/v0.1/servers'), 503);
  expect(await readiness()).toEqual({ status: 503, checks: { database: 'unavailable' } });
});

test('a locked table only affects the reads that need it', async () => {
  const warm = await readPage(api, '/v0.1/servers');
  const lock = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holding = withClient(database.ownerSettings, async (client) => {
    await client.query('begin');
    await client.query('lock table entry in access exclusive mode');
    locked.resolve();
    await lock.promise;
    await client.query('rollback');
  });
  await locked.promise;
  const cold = Array.from({ length: 100 }, (_, index) => getWithin(`/v0.1/servers?search=cold-${index}`, 25_000));
  expect((await getWithin('/readiness')).status).toBe(200);
  expect(await readPage(api, '/v0.1/servers')).toEqual(warm);
  expect((await getWithin('/v1/registries')).status).toBe(200);
  const statuses = (await Promise.all(cold)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([503]));

  lock.resolve();
  await holding;
  expect(labels(await readPage(api, '/v0.1/servers?search=weather'))).toEqual(['com.example/weather@1.0.0']);
});
