/** Runs workflows and activities until the process stops, and reconnects whenever Temporal is lost. */
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { WorkerOptions as TemporalWorkerOptions, WorkerDeploymentOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities, createWatchActivities } from '../activities/index.ts';
import { createWriteActivities } from '../activities/write-activities.ts';
import type { OutboundSettings, TelemetrySettings } from '../config/model.ts';
import { softwareVersion } from '../telemetry/software-version.ts';
import type { HttpListener } from '../api/http/listener.ts';
import { namingOutages, pingDatabase } from '../db/connection/availability.ts';
import { Database } from '../db/connection/database.ts';
import type { Retention } from '../db/upkeep/purge.ts';
import { connectTemporal, pingTemporal, type TemporalServer } from '../temporal/connect.ts';
import { findInitialState } from '../temporal/initial-state.ts';
import { createSourceActors } from '../temporal/source-actors.ts';
import { openInternalPort, type Readiness } from '../telemetry/internal-port.ts';
import { addProcessGauges } from '../telemetry/process-gauges.ts';
import { addRegistryGauges } from '../telemetry/registry-gauges.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';
import { deploymentName } from '../temporal/worker-versions.ts';
import { workerIdentity } from '../temporal/workers.ts';
import { requestedTaskQueue, watchTaskQueue, writeTaskQueue } from '../workflows/contract/names.ts';
import { loadWorkflowBundle } from './bundle.ts';
import { runHousekeeping } from './housekeeping.ts';
import { installRuntime } from './logging.ts';
import { SHUTDOWN, workUntilStopped } from './work-until-stopped.ts';

/**
 * Each takes about a third of a megabyte. An uncached workflow is replayed from its history when it wakes, which costs
 * several times as much as its work. With more sources per worker than this, all of them are, because they wake in
 * turn.
 */
const MAX_CACHED_WORKFLOWS = 1_200;
/**
 * One thread carries workflow tasks out, one after the other. Tasks that it has accepted and doesn't complete within ten seconds are
 * repeated, so a busy machine would do all of them in vain if there were many more. Each poll takes a slot too: half of them ask for
 * workflows in the cache, the others for new ones and those of lost workers.
 */
const WORKFLOW_TASKS = {
  maxConcurrentWorkflowTaskExecutions: 20,
  maxConcurrentWorkflowTaskPolls: 8,
  nonStickyToStickyPollRatio: 0.5,
} as const;
/** After this time, actors in the cache of a worker that was killed continue on others. */
const LOST_AFTER = '5 seconds';
/** Most activities wait for an upstream. Each fetch holds up to two chunks of its snapshot, see activities/staging/. */
const MAX_CONCURRENT_ACTIVITIES = 100;
/**
 * Additional slots for syncs and trials that users request. If all of them are taken, such syncs use the other slots
 * too.
 */
const MAX_CONCURRENT_REQUESTED = 20;
/** Each write uses a connection to Postgres for a few milliseconds. */
const MAX_CONCURRENT_WRITES = 20;
/** Watches only wait. */
const MAX_CONCURRENT_WATCHES = 10_000;
/** Time for each question behind a readiness probe. */
const PROBE_DEADLINE_MS = 1_500;
/** Activities receive cancellations in responses to heartbeats. */
const HEARTBEAT_THROTTLE = { maxHeartbeatThrottleInterval: '4 seconds' } as const;

export interface WorkerOptions {
  readonly server: TemporalServer;
  readonly database: Database;
  /** Limits for sources created through the API. */
  readonly outbound: OutboundSettings;
  /** Retention of data that housekeeping purges. */
  readonly retention?: Retention;
  readonly telemetry?: TelemetrySettings;
  /** The address of probes and metrics: `host:port` or `:port`, with port 0 for any free port. */
  readonly internalAddress: string;
  readonly logger: Logger;
  /** The version of the worker. Default: the version of the package. */
  readonly version?: string;
  /** Stops the worker within about eight seconds. */
  readonly signal: AbortSignal;
  /** Called each time the worker starts taking tasks, with the URL of its internal port. */
  readonly onReady?: (internalUrl: string) => void;
}

/**
 * Runs a worker until the signal is aborted. Waits while Temporal is unavailable.
 *
 * @throws Error if the workflow code can't be bundled, or the internal address can't be listened at
 * @throws RollcallError `SecretUnavailable` if a secret can't be read
 */
export async function runWorker(given: WorkerOptions): Promise<void> {
  const options = { ...given, database: reportingOutages(given) };
  const state: WorkerState = { isPolling: false };
  const port = await openInternalPort({
    address: options.internalAddress,
    readiness: () => workerReadiness(options, state),
  });
  try {
    await runWithPort(options, state, port);
  } finally {
    await port.close();
  }
}

function reportingOutages({ database, logger }: WorkerOptions): Database {
  const connections = namingOutages(database.connections, (failure) => {
    if (failure === null) logger.info('Postgres answers again');
    else logger.warn({ err: failure }, "Nothing is synced or published: Postgres doesn't answer; trying again");
  });
  return new Database(connections);
}

/** State that the parts of a worker share. */
interface WorkerState {
  /** Whether the worker polls for tasks. The SDK continues to poll for a while after Temporal is lost. */
  isPolling: boolean;
  client?: Client;
}

/** Answers a readiness probe. Never throws. */
async function workerReadiness(
  { database, signal }: WorkerOptions,
  { isPolling, client }: WorkerState,
): Promise<Readiness> {
  if (signal.aborted) return { isReady: false, checks: { process: 'stopping' } };
  const [hasDatabase, hasTemporal] = await Promise.all([
    succeeds(pingDatabase(database)),
    client !== undefined && succeeds(pingTemporal(client)),
  ]);
  return {
    isReady: hasDatabase && hasTemporal && isPolling,
    checks: {
      database: hasDatabase ? 'available' : 'unavailable',
      temporal: hasTemporal ? 'available' : 'unavailable',
      worker: isPolling ? 'polls for tasks' : 'does not poll for tasks',
    },
  };
}

/** Whether the question is answered without an error, and soon enough for a probe. */
async function succeeds(question: Promise<unknown>): Promise<boolean> {
  const late = delay(PROBE_DEADLINE_MS, false, { ref: false });
  return await Promise.race([
    question.then(
      () => true,
      () => false,
    ),
    late,
  ]);
}

async function runWithPort(options: WorkerOptions, state: WorkerState, port: HttpListener): Promise<void> {
  const { server, database, logger, signal, version = softwareVersion().version } = options;
  installRuntime(logger);
  const telemetry = startTelemetry(options.telemetry, version);
  const removeGauges = [addProcessGauges({ role: 'worker', version }), addRegistryGauges(database)];
  const temporal = await connectTemporal(server, telemetry);
  state.client = temporal.client;
  const { taskQueue } = server;
  try {
    const shared: TemporalWorkerOptions = {
      namespace: server.namespace,
      taskQueue,
      plugins: [telemetry.plugin],
      identity: workerIdentity({ id: process.pid, host: hostname() }, version),
      ...(server.workerVersioning && { workerDeploymentOptions: deploymentOptions(server, version) }),
      ...SHUTDOWN,
      ...HEARTBEAT_THROTTLE,
    };
    const activities = createActivities({
      ...options,
      actors: createSourceActors(temporal.client, { taskQueue, findState: (name) => findInitialState(database, name) }),
    });
    const workers: TemporalWorkerOptions[] = [
      {
        ...shared,
        workflowBundle: await loadWorkflowBundle(),
        activities,
        maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
        ...WORKFLOW_TASKS,
        stickyQueueScheduleToStartTimeout: LOST_AFTER,
        maxConcurrentActivityTaskExecutions: MAX_CONCURRENT_ACTIVITIES,
      },
      {
        ...shared,
        taskQueue: requestedTaskQueue(taskQueue),
        activities,
        maxConcurrentActivityTaskExecutions: MAX_CONCURRENT_REQUESTED,
      },
      {
        ...shared,
        taskQueue: writeTaskQueue(taskQueue),
        activities: createWriteActivities(database),
        maxConcurrentActivityTaskExecutions: MAX_CONCURRENT_WRITES,
      },
      {
        ...shared,
        taskQueue: watchTaskQueue(taskQueue),
        activities: createWatchActivities(options),
        maxConcurrentActivityTaskExecutions: MAX_CONCURRENT_WATCHES,
        // Watches have nothing to finish.
        shutdownGraceTime: 0,
      },
    ];
    await Promise.all([
      workUntilStopped(
        {
          server,
          client: temporal.client,
          logger,
          signal,
          onPolling: (isPolling) => {
            state.isPolling = isPolling;
            if (!isPolling) return;
            logger.info({ internalAddress: port.url }, 'The worker takes tasks');
            options.onReady?.(port.url);
          },
        },
        workers,
      ),
      runHousekeeping(temporal.client, { taskQueue, database, logger, signal }),
    ]);
  } finally {
    for (const remove of removeGauges) remove();
    await temporal.close();
    await telemetry.shutdown();
  }
}

/** A workflow stays on the version that it started on. Actors move on when they continue as new: see workflows/source/source.ts. */
function deploymentOptions(server: TemporalServer, version: string): WorkerDeploymentOptions {
  return {
    version: { deploymentName: deploymentName(server), buildId: version },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'PINNED',
  };
}
