/** A whole worker with its own database and Temporal namespace; nothing in it is scripted. */
import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import type { OutboundSettings } from '../../config/model.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { findInitialState } from '../../temporal/initial-state.ts';
import { startHousekeeping } from '../../temporal/housekeeping.ts';
import { createSourceActors, type SourceActors } from '../../temporal/source-actors.ts';
import { runWorker } from '../../worker/run-worker.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace, type TestNamespace } from '../temporal-namespace.ts';

const TASK_QUEUE = 'rollcall';

export interface RunningWorker {
  readonly test: TestDatabase;
  readonly namespace: TestNamespace;
  readonly client: Client;
  readonly actors: SourceActors;
  /** Runs the housekeeping again and waits for its end. */
  runHousekeeping(): Promise<void>;
  /** Another worker on the same database and namespace. */
  startAnother(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/** Call it when the database has its sources: the worker starts their actors. */
export async function startWorker(
  test?: TestDatabase,
  outbound: OutboundSettings = { allow: [] },
): Promise<RunningWorker> {
  const own = test ?? (await createTestDatabase());
  const namespace = await createTestNamespace();
  const connection = await Connection.connect({ address: namespace.address });
  const client = new Client({
    connection,
    namespace: namespace.namespace,
    workflow: { queryRejectCondition: 'NOT_OPEN' },
  });
  const startAnother = (): Promise<() => Promise<void>> => startOne(own, namespace, outbound);
  const stopFirst = await startAnother();
  return {
    test: own,
    namespace,
    client,
    actors: createSourceActors(client, {
      taskQueue: TASK_QUEUE,
      findState: (name) => findInitialState(own.database, name),
    }),
    runHousekeeping: async () => {
      await startHousekeeping(client, TASK_QUEUE);
      await client.workflow.getHandle('housekeeping/at-start').result();
    },
    startAnother,
    stop: async () => {
      await stopFirst();
      await connection.close();
      if (test === undefined) await own.drop();
    },
  };
}

/** @returns what stops it */
async function startOne(
  { database }: TestDatabase,
  namespace: TestNamespace,
  outbound: OutboundSettings,
): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  const ready = Promise.withResolvers<void>();
  const worker = runWorker({
    server: { ...namespace, taskQueue: TASK_QUEUE },
    database,
    outbound,
    internalAddress: '127.0.0.1:0',
    logger: pino({ level: 'silent' }),
    signal: stopping.signal,
    onReady: () => ready.resolve(),
  });
  await Promise.race([ready.promise, worker]);
  return async () => {
    stopping.abort();
    await worker;
  };
}

/** A source whose registry document stands in its definition. */
export function inlineSource(name: string, ...serverNames: readonly string[]): SourceDefinition {
  const servers = serverNames.map((serverName) => ({
    name: serverName,
    version: '1.0.0',
    description: `What ${serverName} does`,
  }));
  return {
    name,
    origin: { kind: 'file', location: { data: JSON.stringify(servers) } },
    syncPolicy: { intervalMs: 3_600_000, maxRemoval: 1, deadlineMs: 60_000 },
  };
}

export function managedSource(name: string): SourceDefinition {
  return {
    name,
    origin: { kind: 'managed' },
    syncPolicy: { intervalMs: null, maxRemoval: 1, deadlineMs: 60_000 },
  };
}
