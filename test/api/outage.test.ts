import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../db/connection.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { type Gate, openGate } from './gate.ts';
import { expectError, labels, readPage } from './items.ts';
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
  api = await startApi({ ...database, settings, database: await openDatabase(settings) });
});
afterEach(async () => {
  await api.stop();
  postgres.reopen();
  await api.database.close();
  await postgres.close();
  await database.drop();
});

test('without Postgres pages that are held are served, all else is 503 with Retry-After, and it ends by itself', async () => {
  const warm = await readPage(api, '/v0.1/servers');
  postgres.shut();

  expect(await readPage(api, '/v0.1/servers')).toEqual(warm);
  for (const path of [
    '/v0.1/servers?search=cold',
    '/readiness',
    '/extension/v0/registries',
    '/registry/default/servers.json',
  ]) {
    const response = await api.get(path);
    await expectError(response, 503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    const isRegistryRead = path.includes('servers');
    expect(response.headers.get('access-control-allow-origin')).toBe(isRegistryRead ? '*' : null);
  }
  expect((await api.get('/health')).status).toBe(200);

  postgres.reopen();
  await eventually(async () => (await api.get('/readiness')).status === 200, 'the API is ready again');
  expect(labels(await readPage(api, '/v0.1/servers?search=weather'))).toEqual(['com.example/weather@1.0.0']);
});

test('an answer that is under way is finished when the API is told to stop', async () => {
  const entries = Array.from({ length: 3000 }, (_, index) => draft(`com.example/server-${index}`, '1.0.0'));
  await sync(database.database, { sourceName: 'alpha', entries, apply: { force: true } });
  const response = await api.get('/registry/default/servers.json');
  const stopped = api.stop();
  const { metadata } = (await response.json()) as { metadata: { count: number } };
  expect(metadata.count).toBe(3000);
  await stopped;
  await expect(api.get('/health')).rejects.toThrow('fetch failed');
});
