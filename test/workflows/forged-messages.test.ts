/** An attacker with access only to the Temporal namespace can't change the entries of a source. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applySnapshot } from '../../activities/apply-snapshot.ts';
import { requestErasure, requestForce } from '../../db/configuration/source-requests.ts';
import { findSource } from '../../db/configuration/sources.ts';
import { openSyncRun } from '../../db/syncs/sync-runs.ts';
import { putWriteRequest } from '../../db/writes/write-requests.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { sourceWorkflowId } from '../../workflows/contract/names.ts';
import { activityEnvironment } from '../activities/source-under-test.ts';
import { createTestDatabase } from '../environment.ts';
import { entriesOf, labels, useSources } from '../db/sync-source.ts';
import { eventually } from '../eventually.ts';
import { inlineSource, managedSource, type RunningWorker, startWorker } from './running-worker.ts';

let folder: string;
let worker: RunningWorker;
let listed: SourceDefinition;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forged-'));
  listed = { ...inlineSource('listed'), origin: { kind: 'file', location: { path: join(folder, 'servers.json') } } };
  listed = { ...listed, syncPolicy: { ...listed.syncPolicy, maxRemoval: 0.5 } };
  await list(20);
  const database = await createTestDatabase();
  await useSources(database.database, inlineSource('alpha', 'io.example/one'), managedSource('own'), listed);
  worker = await startWorker(database);
  await eventually(async () => (await served()).length === 21, 'both sources are synced');
  const name = 'io.example/published';
  const document = JSON.stringify({ name, version: '1.0.0', description: 'Published' });
  const write = { kind: 'publish', name, version: '1.0.0', document } as const;
  await putWriteRequest(database.database, { sourceName: 'own', requestId: 'first' }, { write });
  await worker.actors.publish('own', { requestId: 'first', name, version: '1.0.0' });
});
afterAll(async () => {
  await worker?.stop();
  await worker?.test.drop();
  await rm(folder, { recursive: true, force: true });
});

async function list(entries: number): Promise<void> {
  const servers = Array.from({ length: entries }, (_, index) => ({
    name: `io.example/listed-${index}`,
    version: '1.0.0',
    description: 'Listed',
  }));
  await writeFile(join(folder, 'servers.json'), JSON.stringify(servers));
}

async function served(): Promise<string[]> {
  return labels(await entriesOf(worker.test.database));
}

/** Starts a workflow as anyone can, and waits for its end, whatever its outcome. */
async function run(workflowType: string, ...args: readonly unknown[]): Promise<unknown> {
  const workflowId = `forged/${Math.random()}`;
  const handle = await worker.client.workflow.start(workflowType, {
    workflowId,
    taskQueue: 'rollcall',
    args: [...args],
  });
  return await handle.result().catch((error: unknown) => error);
}

const FOREIGN = { kind: 'file', location: { data: '[{"name":"io.evil/x","version":"1.0.0","description":"Evil"}]' } };
const forgedSync = { trigger: 'message', force: true, full: true } as const;

describe('a sync workflow with its own definition', () => {
  test('syncs only what the database has for the source of that name', async () => {
    const before = await served();
    const { syncPolicy } = inlineSource('alpha');
    await run('sync', { ...forgedSync, number: 70, definition: { name: 'alpha', origin: FOREIGN, syncPolicy } });
    const source = { name: 'alpha', kind: 'file', fingerprint: '', label: '', policy: { deadlineMs: 60_000 } };
    await run('sync', { ...forgedSync, number: 71, source, definition: undefined, origin: FOREIGN });
    expect(await served()).toEqual(before);
    expect(before).toContain('io.example/one@1.0.0 from alpha');
  });

  test('removes nothing from a managed source', async () => {
    const { syncPolicy } = inlineSource('own');
    const result = await run('sync', {
      ...forgedSync,
      number: 1,
      definition: { name: 'own', origin: FOREIGN, syncPolicy },
    });
    expect(result).toMatchObject({ cause: { type: 'SourceManaged' } });
    expect(await served()).toContain('io.example/published@1.0.0 from own');
  });

  test('can’t use up the numbers of syncs', async () => {
    const { syncPolicy } = inlineSource('alpha');
    const definition = { name: 'alpha', origin: FOREIGN, syncPolicy };
    const result = await run('sync', { ...forgedSync, number: 2_147_483_647, definition });
    expect(result).toMatchObject({ cause: { cause: { type: 'SyncRefused' } } });
    expect((await findSource(worker.test.database, 'alpha'))?.nextSyncNumber).toBeLessThan(1_000);
  });
});

test('an apply only accepts a snapshot that a fetch has stored for the same source', async () => {
  const { database } = worker.test;
  const key = { sourceName: 'alpha', number: 200 };
  await openSyncRun(database, { ...key, workflowId: 'sync/alpha/200', trigger: 'message' });
  const apply = (input: object): Promise<unknown> =>
    activityEnvironment()
      .run(() => applySnapshot(database, input as typeof key))
      .catch((error: unknown) => error);
  const fetched = { syncRunId: '1', snapshot: 'staged', coverage: 'complete', counts: {}, chunks: 0, fetchState: {} };
  expect(await apply({ ...key, force: true, fetched })).toMatchObject({ type: 'SnapshotLost' });
  expect(await apply({ sourceName: 'listed', number: 200 })).toMatchObject({ type: 'SourceNotFound' });
  expect(await served()).toContain('io.example/one@1.0.0 from alpha');
});

test('a forced sync overrides the removal guard only once, and only if the database has a request for it', async () => {
  await list(2);
  const forced = await worker.actors.syncNow('listed', { force: true, wait: true });
  expect(forced.report).toMatchObject({ outcome: 'failed', failure: { type: 'RemovalGuard' } });
  await worker.client.workflow.getHandle(sourceWorkflowId('listed')).signal('sync', { force: true });
  await eventually(async () => {
    const { recentSyncs } = await worker.actors.describe('listed');
    return (recentSyncs[0]?.number ?? 0) > forced.number;
  }, 'the signal is answered');
  expect((await served()).filter((label) => label.endsWith('from listed'))).toHaveLength(20);

  await requestForce(worker.test.database, 'listed');
  const asked = await worker.actors.syncNow('listed', { force: true, wait: true });
  expect(asked.report).toMatchObject({ outcome: 'changed', counts: { removed: 18 } });
  expect((await findSource(worker.test.database, 'listed'))?.isForceRequested).toBe(false);
});

describe('a retirement', () => {
  test('that the database doesn’t confirm removes nothing, and the source is back after the next housekeeping', async () => {
    const before = await served();
    await worker.actors.retire('alpha', 'remove');
    await worker.actors.retire('own', 'remove');
    expect(await served()).toEqual(before);
    await eventually(async () => {
      await worker.runHousekeeping();
      return await worker.actors.describe('alpha').then(
        () => true,
        () => false,
      );
    }, 'alpha is back');
  });

  test('of a managed source that left the configuration file keeps its entries until the source is deleted', async () => {
    const { database } = worker.test;
    await useSources(database, inlineSource('alpha', 'io.example/one'));
    await worker.actors.retire('own', 'remove').catch(() => undefined);
    await worker.runHousekeeping();
    expect(await findSource(database, 'own')).not.toBeNull();

    await requestErasure(database, 'own');
    await eventually(async () => {
      await worker.runHousekeeping();
      return (await findSource(database, 'own')) === null;
    }, 'the source is erased');
  });
});
