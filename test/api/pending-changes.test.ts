/**
 * Changes of sources while Temporal is unavailable: they are stored, and answers say exactly what has happened. Each answer
 * takes seconds, so the tests wait at the same time.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findSource } from '../../db/configuration/sources.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type RunningApi, startApi } from './running-api.ts';

let database: TestDatabase;
let api: RunningApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

test.concurrent('a source that is created or changed takes effect later, and the answer says so', async () => {
  for (const status of [201, 200]) {
    const response = await api.send('PUT', '/v1/sources/later', { body: { managed: {} } });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ name: 'later', notice: expect.stringContaining('takes effect') });
  }
});

test.concurrent('a source that still exists is not reported as deleted', async () => {
  await api.send('PUT', '/v1/sources/doomed', { body: { managed: {} } });
  const response = await api.send('DELETE', '/v1/sources/doomed');
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({ notice: expect.stringContaining('no longer served') });
  expect(await findSource(database.database, 'doomed')).toMatchObject({ detachedAt: expect.any(String) });
});
