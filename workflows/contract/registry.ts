/** Everything that crosses the wire between the operator's watches, the workflows of MCPRegistry resources, and their activities. */
import { defineQuery, defineSignal } from '@temporalio/workflow';

export const REGISTRY_WORKFLOW = 'registry';
/** The operator has a task queue of its own, which no worker of a registry polls. */
export const OPERATOR_TASK_QUEUE = 'rollcall-operator';

export const registryWorkflowId = ({ namespace, name }: RegistryKey): string => `registry/${namespace}/${name}`;

/** Identifies a resource for its workflow, whatever its group. */
export interface RegistryKey {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Why the workflow wakes: the resource, one of its objects, or something that it refers to changed, or the operator
 * started and doesn't know earlier changes.
 */
export type WakeReason = 'resource' | 'object' | 'reference' | 'start';

export const wakeSignal = defineSignal<[{ readonly reason: WakeReason }]>('wake');
export const describeRegistryQuery = defineQuery<RegistryState>('describe');

/** The whole state of a workflow: the argument it starts with, and what each run passes to the next. */
export interface RegistryState extends RegistryKey {
  readonly version: 1;
  /** Reconciliations in a row that failed as a whole, for example because the API server didn't answer. */
  readonly failures: number;
  /** The reason that woke the previous run and hasn't been handled yet. */
  readonly woken?: WakeReason;
  /** The last result; absent before the first reconciliation. */
  readonly last?: ReconcileResult;
  /** The latest events, newest first, at most 20. */
  readonly story: readonly StoryLine[];
}

interface StoryLine {
  /** The time of the event (RFC 3339). */
  readonly at: string;
  readonly text: string;
}

export interface ReconcileInput extends RegistryKey {
  /** Update the objects. Otherwise only read the state of the objects and the actors. */
  readonly apply: boolean;
  /** The Temporal namespace of the registry's actors, if it is known: they end with the resource. */
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
  /** Created and changed objects in the cluster, as text. */
  readonly changes: readonly string[];
  readonly temporalNamespace?: string;
  /** Milliseconds until the next reconciliation, unless something wakes the workflow. */
  readonly nextLookMs: number;
}

export interface RegistryActivities {
  /** Make the cluster match a resource, and its status match the cluster. Idempotent. */
  reconcileRegistry(input: ReconcileInput): Promise<ReconcileResult>;
}
