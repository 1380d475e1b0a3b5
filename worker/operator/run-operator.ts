/** Runs the operator: watches that wake the workflows of MCPRegistry resources, and the worker that carries them out. */
import type { WorkerOptions as TemporalWorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createRegistryActivities } from '../../activities/registry/index.ts';
import { Cluster } from '../../kubernetes/cluster.ts';
import type { ClusterAccess } from '../../kubernetes/kubeconfig.ts';
import type { WorkloadDefaults } from '../../operator/workload.ts';
import { openInternalPort } from '../../telemetry/internal-port.ts';
import { connectTemporal, type TemporalServer } from '../../temporal/connect.ts';
import { createRegistrySources, wakeRegistry } from '../../temporal/registries.ts';
import { startTelemetry } from '../../telemetry/telemetry.ts';
import { OPERATOR_TASK_QUEUE } from '../../workflows/contract/registry.ts';
import { loadWorkflowBundle } from '../bundle.ts';
import { installRuntime } from '../logging.ts';
import { SHUTDOWN, workUntilStopped } from '../work-until-stopped.ts';
import { WakeQueue } from './wake-queue.ts';
import { watchRegistries } from './watches.ts';

/** Each reconciliation makes about ten requests to the API server. */
const MAX_CONCURRENT_RECONCILIATIONS = 20;
/** Each cached workflow takes about a third of a megabyte. */
const MAX_CACHED_WORKFLOWS = 600;

export interface OperatorOptions {
  readonly server: Omit<TemporalServer, 'taskQueue'>;
  readonly access: ClusterAccess;
  /** Namespaces whose resources are managed; empty for all. */
  readonly namespaces: readonly string[];
  readonly defaults: WorkloadDefaults;
  /** Whether all resources of ToolHive's group are managed, not only those with the label. */
  readonly managesAll: boolean;
  /** The address of probes: `host:port` or `:port`, with port 0 for any free port. */
  readonly internalAddress: string;
  readonly logger: Logger;
  /** Stops the operator within about eight seconds. */
  readonly signal: AbortSignal;
  /** Called when the watches are established and the worker polls, with the URL of the internal port. */
  readonly onReady?: (internalUrl: string) => void;
}

/**
 * Runs until the signal aborts. Waits while Temporal or the API server is unavailable. Several replicas can run at once.
 *
 * @throws RollcallError `DefinitionInvalid` if the kubeconfig can't be used
 * @throws Error if the workflow code can't be bundled, or the internal address can't be listened at
 */
export async function runOperator(options: OperatorOptions): Promise<void> {
  const { logger, signal, namespaces, managesAll, defaults } = options;
  const server = { ...options.server, taskQueue: OPERATOR_TASK_QUEUE };
  installRuntime(logger);
  const state = { isPolling: false, isWatching: false };
  const port = await openInternalPort({
    address: options.internalAddress,
    readiness: async () => ({
      isReady: state.isPolling && state.isWatching && !signal.aborted,
      checks: {
        worker: state.isPolling ? 'polls for tasks' : 'does not poll for tasks',
        watches: state.isWatching ? 'established' : 'not established',
      },
    }),
  });
  const becomes = (change: Partial<typeof state>): void => {
    Object.assign(state, change);
    if (state.isPolling && state.isWatching) options.onReady?.(port.url);
  };
  const telemetry = startTelemetry();
  const temporal = await connectTemporal(server, telemetry);
  const cluster = new Cluster(options.access);
  try {
    const queue = new WakeQueue({ wake: (key, reason) => wakeRegistry(temporal.client, key, reason), logger, signal });
    const worker: TemporalWorkerOptions = {
      namespace: server.namespace,
      taskQueue: server.taskQueue,
      plugins: [telemetry.plugin],
      ...SHUTDOWN,
      workflowBundle: await loadWorkflowBundle(),
      activities: createRegistryActivities({
        cluster,
        sources: createRegistrySources(temporal.client),
        defaults,
        managesAll,
      }),
      maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
      maxConcurrentActivityTaskExecutions: MAX_CONCURRENT_RECONCILIATIONS,
    };
    const onReady = (): void => becomes({ isWatching: true });
    await Promise.all([
      workUntilStopped(
        { server, client: temporal.client, logger, signal, onPolling: (isPolling) => becomes({ isPolling }) },
        [worker],
      ),
      watchRegistries({ cluster, namespaces, managesAll, defaults, queue, logger, signal, onReady }),
      queue.run(),
    ]);
  } finally {
    await cluster.close();
    await temporal.close();
    await telemetry.shutdown();
    await port.close();
  }
}
