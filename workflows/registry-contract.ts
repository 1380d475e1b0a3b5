/** Everything that crosses the wire between the operator's watches, the workflows of MCPRegistry resources, and their activities. */
import { defineQuery, defineSignal } from '@temporalio/workflow';

export const REGISTRY_WORKFLOW = 'registry';
/** The operator has a task queue of its own, which no worker of a registry polls. */
export const OPERATOR_TASK_QUEUE = 'rollcall-operator';

export const registryWorkflowId = ({ namespace, name }: RegistryKey): string => `registry/${namespace}/${name}`;

export interface RegistryKey {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Why the workflow wakes: the resource changed, one of its objects did, something that it refers to did, or the operator
 * started and has not seen what happened before.
 */
export type WakeReason = 'resource' | 'object' | 'reference' | 'start';

export const wakeSignal = defineSignal<[{ readonly reason: WakeReason }]>('wake');
export const describeRegistryQuery = defineQuery<RegistryState>('describe');

/** The whole state of a workflow: what it is started with, and what one run hands to the next. */
export interface RegistryState extends RegistryKey {
  readonly version: 1;
  /** Reconciliations in a row that failed as a whole, for example because the API server didn't answer. */
  readonly failures: number;
  /** What woke the run before and is still to be answered. */
  readonly woken?: WakeReason;
  /** The last result; absent before the first reconciliation. */
  readonly last?: ReconcileResult;
  /** Newest first, 20 at most. */
  readonly story: readonly StoryLine[];
}

interface StoryLine {
  /** RFC 3339. */
  readonly at: string;
  readonly text: string;
}

export interface ReconcileInput extends RegistryKey {
  /** Bring the objects up to date; otherwise only look at them and at the actors. */
  readonly apply: boolean;
  /** The Temporal namespace of the registry's actors, as far as it was known: they end with the resource. */
  readonly temporalNamespace?: string;
}

export interface ReconcileResult {
  /**
   * `settled`: the status is up to date. `held`: the resource belongs to another operator. `ended`: it is gone, or not
   * the operator's.
   */
  readonly outcome: 'settled' | 'held' | 'ended';
  readonly phase?: string;
  readonly message: string;
  /** What was created or changed in the cluster, in words. */
  readonly changes: readonly string[];
  readonly temporalNamespace?: string;
  /** Milliseconds until the resource is looked at again, unless something wakes the workflow. */
  readonly nextLookMs: number;
}

export interface RegistryActivities {
  /** Make the cluster agree with a resource, and its status with the cluster. Idempotent. */
  reconcileRegistry(input: ReconcileInput): Promise<ReconcileResult>;
}
