/** The number of series, with as many sources as an installation may have. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { source, useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type Sample, readSamples } from './exposition.ts';

const SOURCES = 1_000;
/** Below the 13 of docs/metrics.md, because these sources have never been synced. */
const SERIES_PER_SOURCE = 11;

let database: TestDatabase;
let api: RunningApi;
beforeAll(async () => {
  database = await createTestDatabase();
  const names = Array.from({ length: SOURCES }, (_, index) => `source-${index}`);
  await useSources(database.database, ...names.map((name) => source(name)));
  api = await startApi(database);
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

async function scrape(): Promise<readonly Sample[]> {
  return readSamples(await (await fetch(`${api.internalUrl}/metrics`)).text());
}

test('is bounded: some per source, and no more for what clients ask for', async () => {
  const before = await scrape();
  const ofSources = before.filter(({ labels }) => labels['source'] !== undefined);
  expect(new Set(ofSources.map(({ labels }) => labels['source'])).size).toBe(SOURCES);
  expect(ofSources.length).toBeLessThanOrEqual(SERIES_PER_SOURCE * SOURCES);
  expect(before.length - ofSources.length).toBeLessThan(500);

  const paths = Array.from({ length: 200 }, (_, index) => `/v0.1/servers/${index}/versions/latest`);
  await Promise.all([...paths, '/unknown/1', '/unknown/2'].map(async (path) => await (await api.get(path)).text()));
  const after = await scrape();
  expect(after.length - before.length).toBeLessThan(120);
});
