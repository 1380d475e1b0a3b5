/** A worker: carries out workflows and activities until it is told to stop, whatever happens to Temporal meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions as TemporalWorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities, createWatchActivities, createWriteActivities } from '../activities/index.ts';
import type { OutboundSettings, TelemetrySettings } from '../config/model.ts';
import type { Database } from '../db/connection.ts';
import type { Retention } from '../db/purge.ts';
import { connectTemporal, endpointOf, type TemporalServer } from '../temporal/connect.ts';
import { findInitialState } from '../temporal/initial-state.ts';
import { listRunningActors } from '../temporal/running-actors.ts';
import { createSourceActors } from '../temporal/source-actors.ts';
import { startTelemetry } from '../temporal/telemetry.ts';
import { watchTaskQueue, writeTaskQueue } from '../workflows/contract.ts';
import { bundleWorkflows } from './bundle.ts';
import { keepHouse } from './keep-house.ts';
import { logThrough } from './logging.ts';

/** The first wait after Temporal was lost; it doubles up to the longest. */
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 5_000;

/** After a stop: how long activities may go on, and when those that ignore their cancellation are left behind. */
const SHUTDOWN = { shutdownGraceTime: '3 seconds', shutdownForceTime: '7 seconds' } as const;
/**
 * Each takes about a third of a megabyte. Any other is rebuilt from its history when it wakes, which costs several times
 * what it then does: with more sources than this on one worker all of them are, since they wake in turn.
 */
const MAX_CACHED_WORKFLOWS = 1_200;
/** Most of them wait for an upstream. What they hold in memory is bounded in sum, see activities/memory-budget.ts. */
const MAX_CONCURRENT_ACTIVITIES = 100;
/** Each takes a connection to Postgres for some milliseconds. */
const MAX_CONCURRENT_WRITES = 20;
/** A watch does nothing but wait. */
const MAX_CONCURRENT_WATCHES = 10_000;
/** A cancellation reaches an activity in the answer to a heartbeat. */
const HEARTBEAT_THROTTLE = { maxHeartbeatThrottleInterval: '4 seconds' } as const;

export interface WorkerOptions {
  readonly server: TemporalServer;
  readonly database: Database;
  /** The limits of sources that were created through the API. */
  readonly outbound: OutboundSettings;
  /** How long what housekeeping purges is kept. */
  readonly retention?: Retention;
  readonly telemetry?: TelemetrySettings;
  readonly logger: Logger;
  /** Ends the worker, within about eight seconds. */
  readonly signal: AbortSignal;
  /** Called each time that the worker begins to take tasks. */
  readonly onReady?: () => void;
}

/**
 * Runs until the signal; a Temporal that is not there, or not any more, is waited for.
 *
 * @throws what keeps it from working at all: workflow code that cannot be bundled, a secret that cannot be read
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { server, logger, signal } = options;
  logThrough(logger);
  const telemetry = startTelemetry(options.telemetry);
  const temporal = await connectTemporal(server, telemetry);
  try {
    const shared: TemporalWorkerOptions = {
      namespace: server.namespace,
      taskQueue: server.taskQueue,
      plugins: [telemetry.plugin],
      ...SHUTDOWN,
      ...HEARTBEAT_THROTTLE,
    };
    const workers: TemporalWorkerOptions[] = [
      {
        ...shared,
        workflowBundle: await bundleWorkflows(),
        activities: createActivities(activityDependencies(temporal.client, options)),
        maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
        maxConcurrentActivityTaskExecutions: MAX_CONCURRENT_ACTIVITIES,
      },
      {
        ...shared,
        taskQueue: writeTaskQueue(server.taskQueue),
        activities: createWriteActivities(options.database),
        maxConcurrentActivityTaskExecutions: MAX_CONCURRENT_WRITES,
      },
      {
        ...shared,
        taskQueue: watchTaskQueue(server.taskQueue),
        activities: createWatchActivities(options),
        maxConcurrentActivityTaskExecutions: MAX_CONCURRENT_WATCHES,
        // A watch has nothing to finish.
        shutdownGraceTime: 0,
      },
    ];
    await Promise.all([
      workUntilStopped(options, workers),
      keepHouse(temporal.client, { taskQueue: server.taskQueue, database: options.database, logger, signal }),
    ]);
  } finally {
    await temporal.close();
    await telemetry.shutdown();
  }
}

function activityDependencies(
  client: Client,
  { server, database, outbound, retention }: WorkerOptions,
): Parameters<typeof createActivities>[0] {
  const { taskQueue } = server;
  return {
    database,
    outbound,
    ...(retention && { retention }),
    actors: createSourceActors(client, { taskQueue, findState: (name) => findInitialState(database, name) }),
    listRunningActors: () => listRunningActors(client, taskQueue),
  };
}

/** Connects and works, again and again: the SDK's workers give up when Temporal stays away. */
async function workUntilStopped(options: WorkerOptions, workers: readonly TemporalWorkerOptions[]): Promise<void> {
  const { server, logger, signal } = options;
  let backoff = FIRST_BACKOFF_MS;
  while (!signal.aborted) {
    const startedAt = Date.now();
    try {
      await connectAndWork(options, workers);
    } catch (error) {
      if (signal.aborted) return;
      if (Date.now() - startedAt > LONGEST_BACKOFF_MS) backoff = FIRST_BACKOFF_MS;
      logger.warn({ err: error, address: server.address }, 'Temporal does not answer; trying again');
      await delay(backoff, undefined, { signal }).catch(() => undefined);
      backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
    }
  }
}

async function connectAndWork(options: WorkerOptions, workers: readonly TemporalWorkerOptions[]): Promise<void> {
  const connection = await NativeConnection.connect(await endpointOf(options.server));
  try {
    await work(options, connection, workers);
  } finally {
    await connection.close();
  }
}

/** Ends when all workers have ended: after the signal, or because one of them failed. */
async function work(
  { signal, onReady }: WorkerOptions,
  connection: NativeConnection,
  options: readonly TemporalWorkerOptions[],
): Promise<void> {
  const workers = await Promise.all(options.map((one) => Worker.create({ ...one, connection })));
  const stop = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', stop);
  try {
    const runs = workers.map((worker) => worker.run().finally(stop));
    onReady?.();
    if (signal.aborted) stop();
    const results = await Promise.allSettled(runs);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
