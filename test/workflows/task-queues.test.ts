/** Neither writes nor syncs that a user requested wait behind other activities. */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSourceActors, type SourceActors } from '../../temporal/source-actors.ts';
import { startTelemetry } from '../../telemetry/telemetry.ts';
import { loadWorkflowBundle } from '../../worker/bundle.ts';
import { requestedTaskQueue, sourceWorkflowId, writeTaskQueue } from '../../workflows/contract/names.ts';
import type { SyncCounts } from '../../workflows/contract/syncs.ts';
import { createTestNamespace } from '../temporal-namespace.ts';
import { managedSource } from './running-worker.ts';
import { gitSource, newState } from './source-states.ts';

const TASK_QUEUE = 'busy';

let client: Client;
let native: NativeConnection;
let actors: SourceActors;
let shared: Pick<WorkerOptions, 'connection' | 'namespace' | 'plugins'>;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const { address, namespace } = await createTestNamespace();
  client = new Client({ connection: await Connection.connect({ address }), namespace });
  native = await NativeConnection.connect({ address });
  shared = { connection: native, namespace, plugins: [startTelemetry().plugin] };
  actors = createSourceActors(client, { taskQueue: TASK_QUEUE, findState: async () => undefined });
  // Workflows run, but no worker takes activities of the main queue yet.
  await run({ taskQueue: TASK_QUEUE, workflowBundle: await loadWorkflowBundle() });
}, 120_000);
afterAll(async () => {
  await Promise.allSettled(stops.map((stop) => stop()));
  await native.close();
  await client.connection.close();
});

async function run(options: Partial<WorkerOptions> & { taskQueue: string }): Promise<void> {
  const worker = await Worker.create({ ...shared, shutdownForceTime: '2 seconds', ...options });
  const ended = worker.run();
  stops.push(async () => {
    worker.shutdown();
    await ended;
  });
}

test('a publish is carried out while no activity of the main queue runs', async () => {
  await actors.ensure(newState(gitSource('waiting')));
  await actors.ensure(newState(managedSource('managed')));
  await run({ taskQueue: writeTaskQueue(TASK_QUEUE), activities: { write: async () => ({ entries: 1 }) } });
  const request = { requestId: 'request-1', name: 'com.example/one', version: '1.0.0' };
  await expect(actors.publish('managed', request)).resolves.toEqual({ entries: 1 });
  await expect(actors.describe('waiting')).resolves.toMatchObject({ phase: 'syncing' });
});

test('more writes at once than Temporal accepts for one workflow are carried out', async () => {
  const requests = Array.from({ length: 20 }, (_, index) => ({ requestId: `many-${index}`, name: 'com.example/many' }));
  const answers = await Promise.all(requests.map((request) => actors.publish('managed', request)));
  expect(answers).toEqual(requests.map(() => ({ entries: 1 })));
});

test('a managed source continues as new after many writes, so that its history stays short', async () => {
  const runOf = async (): Promise<string> => {
    const { runId } = await client.workflow.getHandle(sourceWorkflowId('managed')).describe();
    return runId;
  };
  const first = await runOf();
  for (let batch = 0; batch < 40 && (await runOf()) === first; batch++) {
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        actors.publish('managed', { requestId: `${batch}-${index}`, name: 'com.example/often' }),
      ),
    );
  }
  expect(await runOf()).not.toBe(first);
}, 60_000);

const COUNTS: SyncCounts = { entries: 1, added: 1, changed: 0, removed: 0, rejected: 0, warnings: 0 };
const syncActivities = {
  fetchSnapshot: async () => ({ snapshot: 'staged', counts: COUNTS }),
  applySnapshot: async () => ({ outcome: 'changed', counts: COUNTS }),
};

let attempts = 0;

// If the machine stalls for two seconds, the sync goes to the main queue, where nothing takes it.
test(
  'a requested sync is carried out while no activity of the main queue runs',
  { retry: 3, timeout: 20_000 },
  async () => {
    attempts += 1;
    const name = `requested-${attempts}`;
    await actors.ensure(newState(gitSource('waiting')));
    // Its first sync is due later.
    await actors.ensure({ ...newState(gitSource(name)), nextCycleAtMs: Date.now() + 3_600_000 });
    await run({ taskQueue: requestedTaskQueue(TASK_QUEUE), activities: syncActivities });
    const { report } = await actors.syncNow(name, { wait: true });
    expect(report).toMatchObject({ number: 1, outcome: 'changed' });
    await expect(actors.describe('waiting')).resolves.toMatchObject({ phase: 'syncing' });
  },
);

test('a requested sync is carried out in the main queue if no worker takes it from its own', async () => {
  const taskQueue = 'without-requested';
  await run({ taskQueue, workflowBundle: await loadWorkflowBundle(), activities: syncActivities });
  const others = createSourceActors(client, { taskQueue, findState: async () => undefined });
  await others.ensure({ ...newState(gitSource('elsewhere')), nextCycleAtMs: Date.now() + 3_600_000 });
  const { report } = await others.syncNow('elsewhere', { wait: true });
  expect(report).toMatchObject({ number: 1, outcome: 'changed' });
});
