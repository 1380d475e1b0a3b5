/** A kind of source that only its own file knows: it is configured, synced, watched, shown, and retired. */
// First, so that the schemas built from the kinds include it.
import { counters, fetches } from './counter-kind.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { findSource } from '../../db/configuration/sources.ts';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { runRollcall } from '../cli/rollcall-process.ts';
import { faultsOf, load } from '../config/configuration-file.ts';
import { entriesOf, labels } from '../db/sync-source.ts';
import { createTestDatabase } from '../environment.ts';
import { eventually } from '../eventually.ts';
import type { SyncReport } from '../../workflows/contract/syncs.ts';
import { type RunningWorker, startWorker } from '../workflows/running-worker.ts';

const FILE = `
sources: [{ name: numbers, counter: { name: steps } }]
auth: { mode: anonymous }
`;

let worker: RunningWorker;
let api: RunningApi;

beforeAll(async () => {
  counters.set('steps', 1);
  const database = await createTestDatabase();
  const { sources } = await load(FILE);
  await storeConfiguration(database.database, { sources, registries: [], defaultRegistry: 'default' });
  worker = await startWorker(database);
  api = await startApi(database, { temporal: worker.namespace });
}, 120_000);

afterAll(async () => {
  await api?.stop();
  await worker?.stop();
  await worker?.test.drop();
});

async function served(): Promise<string[]> {
  return labels(await entriesOf(worker.test.database));
}

test('its configuration is checked like that of any other kind', async () => {
  expect(await faultsOf(FILE.replace('steps', '[]'))).toEqual([expect.stringContaining('expected')]);
  expect(await faultsOf(FILE.replace('counter:', 'file: { data: x }, counter:'))).toEqual([
    expect.stringContaining('`counter`'),
  ]);
  expect(await faultsOf(FILE.replace('counter:', 'format: toolhive, counter:'))).toEqual([
    expect.stringContaining('a counter has no other format'),
  ]);
});

test('it syncs, and a check finds nothing new', async () => {
  await eventually(async () => (await served()).length === 1, 'the source is synced');
  expect(await served()).toEqual(['io.example/steps@1.0.0 from numbers']);
  await worker.actors.syncNow('numbers', { wait: true });
  expect(await served()).toEqual(['io.example/steps@1.0.0 from numbers']);
  expect((await findSource(worker.test.database, 'numbers'))?.lastRun?.outcome).toBe('unchanged');
});

test('it is watched: a change is synced without waiting for the timer', async () => {
  const before = fetches.get('steps') ?? 0;
  counters.set('steps', 2);
  const newest = async (): Promise<SyncReport | undefined> => (await worker.actors.describe('numbers')).recentSyncs[0];
  await eventually(async () => (await newest())?.trigger === 'watch', 'the watch has started a sync');
  expect(await newest()).toMatchObject({ outcome: 'changed', upstreamRevision: '2' });
  expect(await served()).toContain('io.example/steps@2.0.0 from numbers');
  expect(fetches.get('steps')).toBe(before + 1);
});

test('it is shown by the APIs and the CLI', async () => {
  expect(await (await api.get('/v1/sources/numbers')).json()).toMatchObject({
    type: 'counter',
    sourceConfig: { name: 'steps' },
    syncSchedule: '1h0m0s',
  });
  const listed = await (await api.get('/v0.1/servers')).text();
  expect(listed).toContain('"dev.rollcall/provenance":{"source":"numbers","kind":"counter"}');
  const { stdout } = await runRollcall('sources', '--server', api.url);
  expect(stdout).toMatch(/numbers +counter +/);
});

test('it is created through the API within its admission rule', async () => {
  const refused = await api.send('PUT', '/v1/sources/other', { body: { counter: { name: 'private' } } });
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('is private')]);
  counters.set('open', 7);
  const created = await api.send('PUT', '/v1/sources/other', { body: { counter: { name: 'open' } } });
  expect(created.status).toBe(201);
  await eventually(
    async () => (await findSource(worker.test.database, 'other'))?.lastRun?.outcome === 'changed',
    'it is synced',
  );
  expect((await api.send('DELETE', '/v1/sources/other')).status).toBe(204);
});

test('it is retired when it leaves the configuration', async () => {
  const settings = { sources: [], registries: [], defaultRegistry: 'default' };
  await storeConfiguration(worker.test.database, settings);
  await worker.runHousekeeping();
  await eventually(async () => (await findSource(worker.test.database, 'numbers')) === null, 'the source is gone');
  expect(await served()).toEqual([]);
});
