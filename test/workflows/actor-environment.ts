/** Source actors with scripted activities, on a Temporal server that skips time or on a real one. */
import { TemporalUnavailable } from '../../temporal/known-errors.ts';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { createSourceActors, type SourceActors } from '../../temporal/source-actors.ts';
import { startTelemetry } from '../../telemetry/telemetry.ts';
import { loadWorkflowBundle } from '../../worker/bundle.ts';
import { sourceWorkflowId, taskQueuesOf } from '../../workflows/contract/names.ts';
import type { SourceDescription, SourceState } from '../../workflows/contract/source-actor.ts';
import { createTestNamespace } from '../temporal-namespace.ts';
import { createTimeSkippingEnvironment } from '../time-skipping.ts';
import { eventually } from '../eventually.ts';
import { gitSource, newState } from './source-states.ts';
import { type Script, ScriptedUpstream } from './scripted-upstream.ts';

export const TASK_QUEUE = 'actors';

// These tests are about failures, which don't need a log line each.
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });

export interface ActorEnvironment {
  readonly temporal: TestWorkflowEnvironment;
  readonly actors: SourceActors;
  readonly upstream: ScriptedUpstream;
  /** Starts a source with its own name. */
  start(
    script: Script,
    state?: Partial<Omit<SourceState, 'definition'>> & { definition?: Partial<SourceDefinition> },
  ): Promise<StartedActor>;
  /** Ends all sources: time is skipped quickly only if nothing happens in it. */
  endSources(): Promise<void>;
  stop(): Promise<void>;
}

interface StartedActor {
  readonly name: string;
  readonly definition: SourceDefinition;
  readonly handle: WorkflowHandle;
  /** The called activities, in order. */
  readonly calls: readonly string[];
}

/** A server where days pass in milliseconds, but which hardly supports cancelling and terminating. */
export async function startSkippingEnvironment(): Promise<ActorEnvironment> {
  return startActorEnvironment(await createTimeSkippingEnvironment());
}

/** A real server, in real time. */
export async function startLiveEnvironment(): Promise<ActorEnvironment> {
  const { address, namespace } = await createTestNamespace();
  return startActorEnvironment(await TestWorkflowEnvironment.createFromExistingServer({ address, namespace }));
}

async function startActorEnvironment(temporal: TestWorkflowEnvironment): Promise<ActorEnvironment> {
  const { connection } = temporal;
  const { namespace } = temporal.client.options;
  const telemetry = startTelemetry();
  const upstream = new ScriptedUpstream();
  const shared = {
    connection: temporal.nativeConnection,
    namespace,
    activities: upstream.activities,
    plugins: [telemetry.plugin],
    shutdownForceTime: '2 seconds',
    maxHeartbeatThrottleInterval: '100 milliseconds',
    defaultHeartbeatThrottleInterval: '100 milliseconds',
  } satisfies Partial<WorkerOptions>;
  const workflowBundle = await loadWorkflowBundle();
  const workers = await Promise.all(
    taskQueuesOf(TASK_QUEUE).map((taskQueue) =>
      Worker.create({ ...shared, taskQueue, ...(taskQueue === TASK_QUEUE && { workflowBundle }) }),
    ),
  );
  const runs = workers.map((worker) => worker.run());
  const client = new Client({ connection, namespace, workflow: { queryRejectCondition: 'NOT_OPEN' } });
  const actors = createSourceActors(client, { taskQueue: TASK_QUEUE, findState: async () => undefined });
  let started = 0;
  let handles: WorkflowHandle[] = [];

  return {
    temporal,
    actors,
    upstream,
    start: async (script, { definition: changes, ...state } = {}) => {
      started += 1;
      const definition = { ...gitSource(`source-${started}`), ...changes };
      const calls = upstream.play(definition.name, script);
      await actors.ensure({ ...newState(definition), ...state });
      const handle = temporal.client.workflow.getHandle(sourceWorkflowId(definition.name));
      handles.push(handle);
      return { name: definition.name, definition, handle, calls };
    },
    endSources: async () => {
      await Promise.allSettled(handles.map((handle) => handle.terminate()));
      handles = [];
    },
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.allSettled(runs);
      await temporal.teardown();
    },
  };
}

/** A promise that a test settles. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

/** The state of the source once a sync of it has ended. */
export async function afterSync(
  { actors }: ActorEnvironment,
  name: string,
  number: number,
): Promise<SourceDescription> {
  const find = async (): Promise<SourceDescription | undefined> => {
    // A busy machine may answer a query too late, so ask again.
    const description = await actors.describe(name).catch((error: unknown) => {
      if (error instanceof TemporalUnavailable) return undefined;
      throw error;
    });
    return description?.recentSyncs.some((report) => report.number === number) ? description : undefined;
  };
  await eventually(async () => (await find()) !== undefined, `sync ${number} of ${name} ended`);
  return actors.describe(name);
}
