/** Writes never wait behind other activities. */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSourceActors, type SourceActors } from '../../temporal/source-actors.ts';
import { startTelemetry } from '../../telemetry/telemetry.ts';
import { loadWorkflowBundle } from '../../worker/bundle.ts';
import { writeTaskQueue } from '../../workflows/contract.ts';
import { createTestNamespace } from '../environment.ts';
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
});
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
