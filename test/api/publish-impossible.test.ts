import { expect, test } from 'vitest';
import { createTestDatabase } from '../environment.ts';
import { source, useSources } from '../db/sync-source.ts';
import { expectError, readPage } from './items.ts';
import { startApi } from './running-api.ts';

const DOCUMENT = { name: 'com.example/weather', description: 'Weather', version: '1.0.0' };

test('without a managed source writes are 501', async () => {
  const database = await createTestDatabase();
  await useSources(database.database, source('alpha'));
  const api = await startApi(database);
  const path = '/v0.1/servers/com.example%2Fweather/versions/1.0.0';
  expect(await expectError(await api.send('POST', '/v0.1/publish', { body: DOCUMENT }), 501)).toContain(
    'no managed source',
  );
  await expectError(await api.send('PUT', path, { body: DOCUMENT }), 501);
  await expectError(await api.send('DELETE', path), 501);
  await expectError(await api.send('PATCH', `${path}/status`, { body: { status: 'deleted' } }), 501);
  await expectError(await api.send('POST', '/registry/none/v0.1/publish', { body: DOCUMENT }), 404);
  await api.stop();
  await database.drop();
});

test('while Temporal is unavailable writes are 503 with Retry-After, and reads work', async () => {
  const database = await createTestDatabase();
  await useSources(database.database, source('own', 'managed'));
  const api = await startApi(database);
  const response = await api.send('POST', '/v0.1/publish', { body: DOCUMENT, headers: { 'idempotency-key': 'key-7' } });
  expect(await expectError(response, 503)).toContain('Idempotency-Key: key-7');
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await readPage(api, '/v0.1/servers')).servers).toEqual([]);
  await api.stop();
  await database.drop();
});
