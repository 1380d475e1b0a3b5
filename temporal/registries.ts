/** The client side of MCPRegistry resources: wakes their workflows, and asks and messages the actors of their sources. */
import { Client, isGrpcServiceError, ScheduleNotFoundError, WorkflowNotFoundError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { RollcallError } from '../registry/failure.ts';
import { hasStatus } from './grpc-status.ts';
import { HOUSEKEEPING_SCHEDULE_ID, sourceWorkflowId } from '../workflows/contract/names.ts';
import {
  describeQuery,
  type SourceDescription,
  syncSignal,
  type SyncRequest,
} from '../workflows/contract/source-actor.ts';
import {
  OPERATOR_TASK_QUEUE,
  REGISTRY_WORKFLOW,
  type RegistryKey,
  type RegistryState,
  registryWorkflowId,
  type WakeReason,
  wakeSignal,
} from '../workflows/contract/registry.ts';

const ANSWERED_WITHIN_MS = 4_000;
/** Histories of ended workflows are kept for this long. */
const RETENTION = '7 days';

/** Starts the workflow of a resource if it isn't running, and wakes it. */
export async function wakeRegistry(
  client: Client,
  { namespace, name }: RegistryKey,
  reason: WakeReason,
): Promise<void> {
  // The state contains nothing else of the resource: it may contain secrets, and everyone with access to Temporal can
  // read histories.
  const state: RegistryState = { namespace, name, version: 1, failures: 0, story: [] };
  await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, () =>
    client.workflow.signalWithStart(REGISTRY_WORKFLOW, {
      workflowId: registryWorkflowId(state),
      taskQueue: OPERATOR_TASK_QUEUE,
      args: [state],
      signal: wakeSignal,
      signalArgs: [{ reason }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `MCPRegistry ${namespace}/${name}`,
      staticDetails: [
        'Keeps the objects of this resource up to date. To see its status and events:',
        `    kubectl --namespace ${namespace} describe mcpregistry ${name}`,
      ].join('\n\n'),
    }),
  );
}

/** The actors of the sources of registries. Each registry has a Temporal namespace of its own. */
export interface RegistrySources {
  /**
   * Creates the namespace if it is missing.
   *
   * @throws RollcallError `UpstreamDenied` if Temporal refuses; the message says what to do
   */
  ensureNamespace(namespace: string): Promise<void>;
  /** The state of a source; undefined if its actor isn't running, or doesn't answer. */
  describe(namespace: string, source: string): Promise<SourceDescription | undefined>;
  /** Requests a sync. Returns whether the actor is running. */
  sync(namespace: string, source: string, request: SyncRequest): Promise<boolean>;
  /** Ends the actors and the housekeeping of a registry that no longer exists. */
  end(namespace: string): Promise<void>;
}

export function createRegistrySources(client: Client): RegistrySources {
  const existing = new Set<string>();
  const clients = new Map<string, Client>();
  const clientOf = (namespace: string): Client => {
    const known = clients.get(namespace);
    if (known !== undefined) return known;
    const { connection } = client;
    const made = new Client({ connection, namespace, workflow: { queryRejectCondition: 'NOT_OPEN' } });
    clients.set(namespace, made);
    return made;
  };

  return {
    ensureNamespace: async (namespace) => {
      if (existing.has(namespace)) return;
      await ensureNamespace(client, namespace);
      existing.add(namespace);
    },
    describe: async (namespace, source) => {
      const actor = clientOf(namespace).workflow.getHandle(sourceWorkflowId(source));
      try {
        return await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, () => actor.query(describeQuery));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || isGrpcServiceError(error)) return undefined;
        throw error;
      }
    },
    sync: async (namespace, source, request) => {
      const actor = clientOf(namespace).workflow.getHandle(sourceWorkflowId(source));
      try {
        await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, () => actor.signal(syncSignal, request));
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
    end: async (namespace) => {
      existing.delete(namespace);
      clients.delete(namespace);
      await endAll(clientOf(namespace));
    },
  };
}

async function ensureNamespace(client: Client, namespace: string): Promise<void> {
  const service = client.connection.workflowService;
  try {
    await service.describeNamespace({ namespace });
    return;
  } catch (error) {
    if (hasStatus(error, 'permissionDenied')) throw namespaceDenied(namespace, "can't be read", error);
    if (!hasStatus(error, 'notFound')) throw error;
  }
  try {
    await service.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(RETENTION) });
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    if (hasStatus(error, 'alreadyExists')) return;
    throw namespaceDenied(namespace, "doesn't exist and can't be created", error);
  }
}

function namespaceDenied(namespace: string, problem: string, error: Error & { details: string }): RollcallError {
  return new RollcallError(
    'UpstreamDenied',
    `The Temporal namespace ${namespace} ${problem} (${error.details}): create it and grant the operator access, or name ` +
      'another one in the annotation rollcall.dev/temporal-namespace',
    { cause: error },
  );
}

async function endAll(client: Client): Promise<void> {
  // A resource that was never valid has no namespace.
  await ignoring(NamespaceNotFoundError, async () => {
    const housekeeping = client.schedule.getHandle(HOUSEKEEPING_SCHEDULE_ID);
    await ignoring(ScheduleNotFoundError, () => housekeeping.delete());
    for await (const { workflowId } of client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
      const workflow = client.workflow.getHandle(workflowId);
      // It may have ended by itself.
      await ignoring(WorkflowNotFoundError, () => workflow.terminate('The MCPRegistry resource was deleted'));
    }
  });
}

/** Does something, and ignores an error of this class. */
async function ignoring(
  ignored: abstract new (...args: never[]) => Error,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ignored)) throw error;
  }
}
