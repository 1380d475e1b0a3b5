/** Temporal or Postgres loses its data, while the other one keeps its own. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestForce, storePause } from '../../db/configuration/source-requests.ts';
import { findSource } from '../../db/configuration/sources.ts';
import { findInitialState } from '../../temporal/initial-state.ts';
import { sourceReference } from '../../temporal/source-reference.ts';
import { SOURCE_WORKFLOW, sourceWorkflowId } from '../../workflows/contract/names.ts';
import { createTestDatabase } from '../environment.ts';
import { entriesOf, labels, useSources } from '../db/sync-source.ts';
import { eventually } from '../eventually.ts';
import { inlineSource, type RunningWorker, startWorker } from './running-worker.ts';

const SOURCES = [
  inlineSource('alpha', 'io.example/alpha'),
  inlineSource('beta', 'io.example/beta'),
  inlineSource('gamma', 'io.example/gamma'),
];
const ALL = [
  'io.example/alpha@1.0.0 from alpha',
  'io.example/beta@1.0.0 from beta',
  'io.example/gamma@1.0.0 from gamma',
];

let worker: RunningWorker;
beforeAll(async () => {
  const database = await createTestDatabase();
  await useSources(database.database, ...SOURCES);
  worker = await startWorker(database);
  await eventually(async () => (await served()).length === 3, 'all are synced');
});
afterAll(async () => {
  await worker?.stop();
  await worker?.test.drop();
});

async function served(): Promise<string[]> {
  return labels(await entriesOf(worker.test.database)).toSorted();
}

const describes = (name: string, { actors }: Pick<RunningWorker, 'actors'> = worker): Promise<boolean> =>
  actors.describe(name).then(
    () => true,
    () => false,
  );

test('every source fully syncs soon after the database was emptied and sources were added again', async () => {
  for (const { name } of SOURCES) await worker.actors.syncNow(name, { wait: true });
  await executeAsOwner('delete from source', 'delete from registry', 'delete from entry');
  await useSources(worker.test.database, ...SOURCES);
  expect(await served()).toEqual([]);
  await expect.poll(served, { timeout: 50_000 }).toEqual(ALL);
  const source = await findSource(worker.test.database, 'alpha');
  expect(source?.lastRun).toMatchObject({ outcome: 'changed', entries: 1, added: 1 });
}, 60_000);

test('a check reports work if the database doesn’t know the last sync of the source', async () => {
  const { number } = await worker.actors.syncNow('beta', { wait: true });
  await executeAsOwner(
    `delete from sync_run where number = ${number}`,
    "delete from entry where name = 'io.example/beta'",
  );
  // It was restored with the state of the last fetch: the upstream has nothing newer.
  const { report } = await worker.actors.syncNow('beta', { wait: true });
  expect(report).toMatchObject({ outcome: 'changed', counts: { added: 1 } });
});

test('a paused source stays paused when its actor is terminated, and when Temporal has lost its data', async () => {
  await worker.actors.pause('alpha');
  await worker.client.workflow.getHandle(sourceWorkflowId('alpha')).terminate('by hand');
  await eventually(async () => {
    await worker.runHousekeeping();
    return await describes('alpha');
  }, 'the actor is back');
  expect(await worker.actors.describe('alpha')).toMatchObject({ phase: 'paused', paused: true, recentSyncs: [] });

  const fresh = await startWorker(worker.test);
  try {
    await eventually(() => describes('alpha', fresh), 'the actor is started');
    await eventually(
      async () => (await fresh.actors.describe('gamma')).recentSyncs.length === 1,
      'another source is synced',
    );
    expect(await fresh.actors.describe('alpha')).toMatchObject({ phase: 'paused', recentSyncs: [] });
    await fresh.actors.resume('alpha');
    await eventually(
      async () => (await fresh.actors.describe('alpha')).recentSyncs.length === 1,
      'it is synced when it is resumed',
    );
  } finally {
    await fresh.stop();
  }
  expect((await findSource(worker.test.database, 'alpha'))?.paused).toBe(false);
}, 60_000);

test('after the housekeeping Postgres has the actor’s pause', async () => {
  await worker.actors.pause('gamma');
  await storePause(worker.test.database, 'gamma', false);
  await worker.runHousekeeping();
  expect((await findSource(worker.test.database, 'gamma'))?.paused).toBe(true);
});

test('a request for a forced sync survives the loss of Temporal’s data', async () => {
  await requestForce(worker.test.database, 'gamma');
  expect(await findInitialState(worker.test.database, 'gamma')).toMatchObject({
    paused: true,
    pending: { force: true, trigger: 'message' },
  });
});

test.each([false, true])(
  'an actor of 0.1 continues with a reference to the definition; paused: %s',
  async (paused) => {
    const { database } = worker.test;
    const definition = inlineSource(`old-${paused}`, 'io.example/old');
    const { name } = definition;
    await useSources(database, ...SOURCES, definition);
    await worker.runHousekeeping();
    await eventually(() => describes(name), 'its actor runs');
    await eventually(async () => (await worker.actors.describe(name)).recentSyncs.length === 1, 'it is synced');
    const handle = worker.client.workflow.getHandle(sourceWorkflowId(name));
    await handle.terminate('to be started as 0.1 would have');
    await worker.client.workflow.start(SOURCE_WORKFLOW, {
      workflowId: sourceWorkflowId(name),
      taskQueue: 'rollcall',
      memo: { definition: '0123456789abcdef' },
      args: [
        {
          version: 1,
          definition,
          nextSyncNumber: 2,
          cycle: 3,
          paused,
          consecutiveFailures: 0,
          recentSyncs: [],
          nextCycleAtMs: Date.now() + 3_600_000,
        },
      ],
    });
    expect(await worker.actors.describe(name)).toMatchObject({ kind: 'file', cycle: 3, paused });
    await eventually(async () => {
      await worker.runHousekeeping();
      return (await handle.describe()).memo?.['definition'] === sourceReference(definition).fingerprint;
    }, 'it knows the definition of the database');
    expect((await findSource(database, name))?.paused).toBe(paused);
    if (paused) await worker.actors.resume(name);
    // A check shows that nothing has changed.
    await eventually(async () => (await worker.actors.describe(name)).cycle === 4, 'it has checked');
    expect(await worker.actors.describe(name)).toMatchObject({ recentSyncs: [], consecutiveFailures: 0 });
    const { report } = await worker.actors.syncNow(name, { wait: true });
    expect(report).toMatchObject({ number: 2, outcome: 'unchanged' });
  },
  60_000,
);

async function executeAsOwner(...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ ...worker.test.ownerSettings });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}
