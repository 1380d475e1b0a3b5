/**
 * The actor of a source: its state, and the messages that it takes. One object in, one object out.
 *
 * Nothing here decides what is served or removed. Anyone with access to the Temporal namespace can send these messages, so
 * activities take a source's definition, its snapshots, and an operator's requests from Postgres.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { EntryStatus } from '../../registry/entry.ts';
import type { SourceReference, SyncReport, SyncTrigger } from './syncs.ts';

/** `idle`: waiting for the timer or a message; `failing`: the same after a failed sync. */
export type SourcePhase = 'idle' | 'failing' | 'checking' | 'syncing' | 'paused' | 'retiring';

/** The memo of an actor, which lets housekeeping compare it with Postgres without querying it. */
export interface ActorMemo {
  /** The fingerprint of the definition that the actor knows. */
  readonly definition: string;
  readonly paused: boolean;
  /** The number of the last sync that ended; 0 before the first one. */
  readonly lastSync: number;
}

/** The whole state of an actor: the argument it starts with, and what each run passes to the next. */
export interface SourceState {
  readonly version: 2;
  readonly source: SourceReference;
  readonly nextSyncNumber: number;
  readonly cycle: number;
  readonly paused: boolean;
  readonly consecutiveFailures: number;
  readonly recentSyncs: readonly SyncReport[];
  readonly lastCheckedAt?: string;
  readonly lastSuccessAt?: string;
  readonly lastFullSyncAt?: string;
  /** When the next cycle is due, in milliseconds since the epoch. Absent in a new actor, which starts at once. */
  readonly nextCycleAtMs?: number;
  /** Requests that have not run yet. */
  readonly pending?: SyncRequest & { readonly trigger: SyncTrigger };
}

export interface SyncRequest {
  readonly requestedBy?: string;
  readonly reason?: string;
  readonly force?: boolean;
}

/**
 * Start a sync now. If one is running, exactly one more follows, however many signals arrive. While the source is paused the sync
 * still runs. On a managed source the signal is ignored and logged.
 */
export const syncSignal = defineSignal<[SyncRequest?]>('sync');

/** Continue on the current version of the workers. Without this, an idle actor only moves when it next wakes. */
export const moveSignal = defineSignal('moveToCurrentVersion');

/**
 * The same as `sync`, answered with the sync's number, and with its report if `wait` is set. A managed source refuses it with
 * `SourceManaged`.
 */
export const syncNowUpdate = defineUpdate<SyncNowResult, [SyncRequest & { readonly wait?: boolean }]>('syncNow');
export interface SyncNowResult {
  readonly number: number;
  readonly workflowId: string;
  readonly report?: SyncReport;
}

/** Postgres has this definition now. An equal one changes nothing, a different one starts a sync. */
export const configureUpdate = defineUpdate<ConfigureResult, [SourceReference]>('configure');
export interface ConfigureResult {
  readonly changed: boolean;
}

/** Stop the timer, and record that in Postgres. A running sync is finished. Pausing a paused source changes nothing. */
export const pauseUpdate = defineUpdate<{ readonly paused: boolean }>('pause');
/** Start the timer again. A sync that is due runs at once. Resuming a source that isn't paused changes nothing. */
export const resumeUpdate = defineUpdate<{ readonly paused: boolean }>('resume');

/** Managed sources only: carry out a write that the api stored in Postgres under `requestId`, exactly once. */
export interface WriteRequest {
  /** The caller's idempotency key. */
  readonly requestId: string;
  readonly name: string;
  /** Absent if the change applies to all versions. */
  readonly version?: string;
}
export interface WriteResult {
  /** How many entries were written. */
  readonly entries: number;
  /** Whether they have packages to read. Absent in the histories of 0.1. */
  readonly packages?: boolean;
}
export const publishUpdate = defineUpdate<WriteResult, [WriteRequest]>('publish');
export const setStatusUpdate = defineUpdate<WriteResult, [WriteRequest & { readonly status: EntryStatus }]>(
  'setStatus',
);
export const setClaimsUpdate = defineUpdate<WriteResult, [WriteRequest]>('setClaims');
export const removeUpdate = defineUpdate<WriteResult, [WriteRequest]>('remove');

/**
 * Cancel what is running and end. `remove` deletes the source and its entries from Postgres, if Postgres says that the source
 * left the configuration or was deleted. `detach` keeps the entries without serving them (a managed source that left the
 * configuration).
 */
export const retireUpdate = defineUpdate<{ readonly retired: true }, [{ readonly entries: 'remove' | 'detach' }]>(
  'retire',
);

export const describeQuery = defineQuery<SourceDescription>('describe');
export interface SourceDescription {
  readonly name: string;
  readonly kind: string;
  readonly phase: SourcePhase;
  readonly paused: boolean;
  /** When the next cycle is due (RFC 3339); absent if only a message starts a sync. */
  readonly nextCycleAt?: string;
  readonly lastCheckedAt?: string;
  readonly lastSuccessAt?: string;
  readonly consecutiveFailures: number;
  readonly cycle: number;
  /** Newest first, at most ten. */
  readonly recentSyncs: readonly SyncReport[];
}
