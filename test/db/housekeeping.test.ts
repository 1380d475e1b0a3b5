import { afterEach, beforeEach, expect, test } from 'vitest';
import { purge } from '../../db/upkeep/purge.ts';
import { listenForRevisions } from '../../db/configuration/revisions.ts';
import { listRegistries } from '../../db/configuration/registries.ts';
import { discardSnapshot, stagedProgress } from '../../db/syncs/snapshots.ts';
import { findSource } from '../../db/configuration/sources.ts';
import { listFindings, addFindings } from '../../db/syncs/sync-findings.ts';
import { listSourceStates } from '../../db/syncs/source-states.ts';
import { closeFailedSyncRun, listSyncRuns, openSyncRun } from '../../db/syncs/sync-runs.ts';
import { carryOutWrite, putWriteRequest } from '../../db/writes/write-requests.ts';
import type { EntryFinding } from '../../registry/entry.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, drafts, entriesOf, revisionOf, source, stage, sync, useSources } from './sync-source.ts';
import { rawRows } from './raw-rows.ts';

let target: TestDatabase;
beforeEach(async () => {
  target = await createTestDatabase();
  await useSources(target.database, source('first'), source('published', 'managed'));
});
afterEach(async () => {
  await target.drop();
});

const syncFirst = async (entries: Parameters<typeof sync>[1]['entries']): ReturnType<typeof sync> =>
  await sync(target.database, { sourceName: 'first', entries });

test('tombstones of missing entries are purged after their time, those of deleted ones stay', async () => {
  await syncFirst([draft('com.example/a', '1.0.0'), draft('com.example/a', '2.0.0'), draft('com.example/b', '1.0.0')]);
  await syncFirst([draft('com.example/a', '1.0.0')]);
  const key = { sourceName: 'published', requestId: 'one' };
  const document = JSON.stringify({ name: 'com.example/own', version: '1.0.0', description: 'x' });
  await putWriteRequest(target.database, key, {
    write: { kind: 'publish', name: 'com.example/own', version: '1.0.0', document },
  });
  await carryOutWrite(target.database, key);
  const removing = { ...key, requestId: 'two' };
  await putWriteRequest(target.database, removing, {
    write: { kind: 'remove', name: 'com.example/own', version: '1.0.0' },
  });
  await carryOutWrite(target.database, removing);

  expect(await purge(target.database)).toMatchObject({ tombstones: 0, syncRuns: 0, writeRequests: 0 });
  const revision = await revisionOf(target.database);
  expect(await purge(target.database, { tombstonesMs: 0, writeRequestsMs: 0 })).toMatchObject({
    tombstones: 2,
    syncRuns: 0,
    writeRequests: 2,
  });
  expect(await revisionOf(target.database)).toBe(revision + 1);
  const left = await entriesOf(target.database, { includeDeleted: true });
  expect(left.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'com.example/a 1.0.0',
    'com.example/own 1.0.0',
  ]);
  const rows = await rawRows(target.database, 'select name from server_owner order by name');
  expect(rows).toEqual([{ name: 'com.example/a' }, { name: 'com.example/own' }]);
});

test('search texts are purged with their last entry, but not before a staged one is applied', async () => {
  const texts = async (): Promise<string[]> => {
    const rows = await rawRows<{ text: string }>(target.database, 'select text from searched_text order by 1');
    return rows.map(({ text }) => text.split('\u001f').at(-1) ?? '');
  };
  const described = (version: string, description: string): ReturnType<typeof draft> =>
    draft('com.example/a', version, { description });
  await syncFirst([described('1.0.0', 'one'), described('2.0.0', 'one'), described('3.0.0', 'two')]);
  expect(await texts()).toEqual(['one', 'two']);

  await syncFirst([described('1.0.0', 'one'), described('2.0.0', 'three'), described('3.0.0', 'three')]);
  await stage(target.database, { sourceName: 'first', entries: [described('1.0.0', 'four')] });
  await purge(target.database);
  expect(await texts()).toEqual(['four', 'one', 'three']);
  const found = await entriesOf(target.database, { search: 'THREE' });
  expect(found.map(({ version }) => version)).toEqual(['2.0.0', '3.0.0']);
});

test('old records of syncs are purged, but never the newest one, so that numbering continues', async () => {
  for (let round = 0; round < 4; round++) await syncFirst(drafts(1));
  expect(await purge(target.database, { syncRuns: 3 })).toMatchObject({ syncRuns: 1 });
  expect(await purge(target.database, { syncRunsMs: 0 })).toMatchObject({ syncRuns: 2 });
  const runs = await listSyncRuns(target.database, { sourceName: 'first', limit: 10 });
  expect(runs.map(({ number }) => number)).toEqual([4]);
  expect(await findSource(target.database, 'first')).toMatchObject({
    nextSyncNumber: 5,
    lastRun: { outcome: 'unchanged' },
  });
});

test('the last success of a source is kept, however often and long it has failed since', async () => {
  await syncFirst(drafts(1));
  for (let round = 0; round < 3; round++) {
    const { syncRunId } = await stage(target.database, { sourceName: 'first', entries: [] });
    const failure = { outcome: 'failed', type: 'UpstreamInvalid', message: 'no JSON' } as const;
    await closeFailedSyncRun(target.database, syncRunId, failure);
  }
  expect(await purge(target.database, { syncRuns: 1, syncRunsMs: 0 })).toMatchObject({ syncRuns: 2 });
  const runs = await listSyncRuns(target.database, { sourceName: 'first', limit: 10 });
  expect(runs.map(({ number }) => number)).toEqual([4, 1]);
  const states = await listSourceStates(target.database);
  expect(states.find(({ name }) => name === 'first')).toMatchObject({
    successAtMs: expect.any(Number) as number,
    failures: 1,
  });
});

test('staged data is deleted with its sync: after a failure, when it is discarded, and when it was forgotten', async () => {
  const failed = await stage(target.database, { sourceName: 'first', entries: drafts(3) });
  await closeFailedSyncRun(target.database, failed.syncRunId, {
    outcome: 'failed',
    type: 'UpstreamInvalid',
    message: 'no JSON\0',
  });
  expect(await stagedProgress(target.database, failed.syncRunId)).toBeNull();
  const [run] = await listSyncRuns(target.database, { sourceName: 'first', limit: 1 });
  expect(run).toMatchObject({ outcome: 'failed', failureType: 'UpstreamInvalid', failureMessage: 'no JSON' });

  const running = await stage(target.database, { sourceName: 'first', entries: drafts(3) });
  await rawRows(target.database, `insert into snapshot_chunk values (999999, 0, null, 1, 1, '{}')`);
  await purge(target.database);
  expect(await stagedProgress(target.database, '999999')).toBeNull();
  expect(await stagedProgress(target.database, running.syncRunId)).toMatchObject({ entries: 3 });
  await discardSnapshot(target.database, running.syncRunId);
  expect(await stagedProgress(target.database, running.syncRunId)).toBeNull();
});

test('a requester’s name can contain characters that the database can’t store', async () => {
  const run = { sourceName: 'first', number: 1, workflowId: 'sync/first/1', trigger: 'message' };
  await openSyncRun(target.database, { ...run, requestedBy: 'A\0da', reason: 'be\0cause' });
  expect(await listSyncRuns(target.database, { sourceName: 'first', limit: 1 })).toMatchObject([
    { requestedBy: 'Ada', reason: 'because' },
  ]);
});

test('the first thousand findings of each kind are kept, none of them twice', async () => {
  const run = { sourceName: 'first', number: 1, workflowId: 'sync/first/1', trigger: 'timer' };
  const syncRunId = (await openSyncRun(target.database, run))?.id ?? '';
  expect(await openSyncRun(target.database, run)).toMatchObject({ id: syncRunId });
  expect(await openSyncRun(target.database, { ...run, sourceName: 'nowhere' })).toBeNull();
  const finding = (ordinal: number, severity: EntryFinding['severity']): EntryFinding => ({
    severity,
    ordinal,
    location: null,
    name: 'com.example/bad\0',
    version: null,
    reason: 'has no version',
  });
  const warnings = Array.from({ length: 1_500 }, (_, ordinal) => finding(ordinal, 'warning'));
  await addFindings(target.database, syncRunId, warnings.slice(0, 700));
  await addFindings(target.database, syncRunId, warnings.slice(0, 700));
  await addFindings(target.database, syncRunId, warnings.slice(700));
  await addFindings(target.database, syncRunId, [finding(2_000, 'rejection')]);
  const kept = await listFindings(target.database, { syncRunId, limit: 2_000, offset: 0 });
  expect(kept).toHaveLength(1_001);
  expect(kept[0]).toEqual({ ...finding(2_000, 'rejection'), name: 'com.example/bad' });
});

test('listeners are notified of a change, with the revision that they then read', async () => {
  const told: string[] = [];
  const listener = listenForRevisions(target.settings, {
    onRevision: ({ registryId, revision, token }) => told.push(`${registryId}:${revision}:${token}`),
    onRevisions: () => {},
    onConnection: (connected) => told.push(connected ? 'connected' : 'cut off'),
  });
  await expect.poll(() => told.at(-1)).toBe('connected');
  told.length = 0;
  await syncFirst(drafts(2));
  await syncFirst(drafts(2));
  const [current] = await listRegistries(target.database);
  await expect.poll(() => told).toEqual([`${current?.id}:${current?.revision}:${current?.revisionToken}`]);
  await listener.close();
});
