/** The metrics that a Prometheus server reads at `/metrics` of the internal port. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApi, type RunningApi } from '../api/running-api.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { closeFailedSyncRun, openSyncRun } from '../../db/syncs/sync-runs.ts';
import { noteNothingNew } from '../../db/syncs/source-states.ts';
import { findSource } from '../../db/configuration/sources.ts';
import { type Sample, readSamples } from './exposition.ts';

let served: TestDatabase;
let api: RunningApi;
beforeAll(async () => {
  served = await createTestDatabase();
  const { database } = served;
  await useSources(
    database,
    source('healthy'),
    source('broken'),
    source('gone'),
    source('never'),
    source('written', 'managed'),
  );
  for (const sourceName of ['healthy', 'broken']) {
    await sync(database, { sourceName, entries: [draft(`com.example/${sourceName}`, '1.0.0')] });
  }
  const failed = await openSyncRun(database, {
    sourceName: 'broken',
    number: 2,
    workflowId: 'sync/broken/2',
    trigger: 'timer',
  });
  const failure = {
    outcome: 'failed',
    type: 'UpstreamRateLimited',
    message: 'asked to wait',
    retryAfterMs: 7_200_000,
  } as const;
  await closeFailedSyncRun(database, failed?.id ?? '', failure);
  const gone = await openSyncRun(database, {
    sourceName: 'gone',
    number: 1,
    workflowId: 'sync/gone/1',
    trigger: 'timer',
  });
  await closeFailedSyncRun(database, gone?.id ?? '', {
    outcome: 'failed',
    type: 'UpstreamNotFound',
    message: 'there is no file',
  });
  api = await startApi(served);
});
afterAll(async () => {
  await api.stop();
  await served.drop();
});

async function scrape(accept = 'text/plain'): Promise<{ readonly type: string; readonly text: string }> {
  const response = await fetch(`${api.internalUrl}/metrics`, { headers: { accept } });
  expect(response.status).toBe(200);
  return { type: response.headers.get('content-type') ?? '', text: await response.text() };
}

async function samples(): Promise<readonly Sample[]> {
  return readSamples((await scrape()).text);
}

async function valueOf(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const found = (await samples()).filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0]?.value;
}

test('show the state of each source while Temporal is unavailable', async () => {
  const now = Date.now() / 1000;
  expect(await valueOf('rollcall_source_phase', { source: 'healthy', phase: 'idle', kind: 'file' })).toBe(1);
  expect(await valueOf('rollcall_source_phase', { source: 'broken', phase: 'failing' })).toBe(1);
  expect(await valueOf('rollcall_source_consecutive_failures', { source: 'healthy' })).toBe(0);
  expect(await valueOf('rollcall_source_consecutive_failures', { source: 'broken' })).toBe(1);
  expect(await valueOf('rollcall_source_entries', { source: 'healthy', entry_kind: 'server' })).toBe(1);
  expect(await valueOf('rollcall_source_interval_seconds', { source: 'healthy' })).toBe(60);
  const success = await valueOf('rollcall_source_last_success_timestamp_seconds', { source: 'healthy' });
  expect(success).toBeGreaterThan(now - 60);
  // The interval of a minute, and a tenth more for the jitter.
  const due = await valueOf('rollcall_source_next_due_timestamp_seconds', { source: 'healthy' });
  expect(due).toBeCloseTo((success ?? 0) + 66, 0);
  expect(await valueOf('rollcall_source_lateness_seconds', { source: 'healthy' })).toBe(0);
});

test('have the next attempt of a source whose upstream asked to wait', async () => {
  const due = await valueOf('rollcall_source_next_due_timestamp_seconds', { source: 'broken' });
  expect(due).toBeGreaterThan(Date.now() / 1000 + 7_000);
});

test('have the next attempt of a failing source within its interval', async () => {
  const due = await valueOf('rollcall_source_next_due_timestamp_seconds', { source: 'gone' });
  expect(due).toBeLessThan(Date.now() / 1000 + 120);
});

test('show that a source that was never synced is overdue, and that a managed one is never due', async () => {
  const created = await valueOf('rollcall_source_created_timestamp_seconds', { source: 'never' });
  expect(Math.abs((created ?? 0) - Date.now() / 1000)).toBeLessThan(600);
  expect(await valueOf('rollcall_source_last_success_timestamp_seconds', { source: 'never' })).toBeUndefined();
  expect(await valueOf('rollcall_source_lateness_seconds', { source: 'never' })).toBeGreaterThan(0);
  expect(await valueOf('rollcall_source_lateness_seconds', { source: 'written' })).toBeUndefined();
  expect(await valueOf('rollcall_source_phase', { source: 'written', kind: 'managed' })).toBe(1);
});

test('count a check that finds nothing new as a success, which ends a series of failures', async () => {
  const broken = await findSource(served.database, 'broken');
  await noteNothingNew(served.database, broken?.id ?? '');
  await expect
    .poll(() => valueOf('rollcall_source_phase', { source: 'broken', phase: 'idle' }), { timeout: 10_000 })
    .toBe(1);
  // A series of an earlier phase is gone, not repeated.
  expect(await valueOf('rollcall_source_phase', { source: 'broken', phase: 'failing' })).toBeUndefined();
  expect(await valueOf('rollcall_source_consecutive_failures', { source: 'broken' })).toBe(0);
});

test('have revision and servers of registries, and the connections of the API', async () => {
  expect(await valueOf('rollcall_registry_servers', { registry: 'default' })).toBe(2);
  expect(await valueOf('rollcall_registry_revision', { registry: 'default' })).toBeGreaterThan(1);
  await expect.poll(() => valueOf('rollcall_revisions_listening')).toBe(1);
  expect(await valueOf('rollcall_database_available')).toBe(1);
});

test('come in OpenMetrics format on request', async () => {
  const { type, text } = await scrape('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
  expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(text.endsWith('\n# EOF\n')).toBe(true);
  expect(text).toContain('# TYPE process_cpu_time_seconds counter\n');
  expect(text).toMatch(/^process_cpu_time_seconds_total\{cpu_mode="user"\} /m);
  expect(text).not.toContain('\n\n');
});
