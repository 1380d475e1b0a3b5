/**
 * Everything that crosses the wire between clients, source actors, and activities: workflow types and ids, messages, search
 * attributes, arguments, and results. One object in, one object out; everything is JSON of a few kilobytes.
 *
 * Nothing here decides what is served or removed. Anyone with access to the Temporal namespace can send these messages, so
 * activities take a source's definition, its snapshots, and an operator's requests from Postgres.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { EntryStatus } from '../registry/entry.ts';
import type { EntryKind } from '../registry/entry-kind.ts';
import type { FailureType } from '../registry/failure.ts';

// ---------------------------------------------------------------- workflows

export const SOURCE_WORKFLOW = 'source';
export const HOUSEKEEPING_WORKFLOW = 'housekeeping';
export const TRIAL_WORKFLOW = 'trial';
const PACKAGES_WORKFLOW = 'packages';
export const HOUSEKEEPING_SCHEDULE_ID = 'housekeeping';

/** The id of a source's actor. */
export const sourceWorkflowId = (sourceName: string): string => `source/${sourceName}`;
/** The id of the n-th sync of a source; n starts at 1 and only increases while the database lives. */
export const syncWorkflowId = (sourceName: string, number: number): string => `sync/${sourceName}/${number}`;

/** The id of a trial: its source has a name that no source can have. */
export const trialWorkflowId = (sourceName: string): string => `trial/${sourceName}`;

/** The id of the reading of packages; without a source, of those that are due in all sources. */
export const packagesWorkflowId = (sourceName?: string): string =>
  sourceName === undefined ? PACKAGES_WORKFLOW : `${PACKAGES_WORKFLOW}/${sourceName}`;

/** The argument of a workflow that reads packages. */
export interface ReadPackagesInput {
  /** Absent: all sources. */
  readonly sourceName?: string;
  /** The sync whose record gets the warnings. */
  readonly syncNumber?: number;
}
/** Packages by what happened: downloaded, already stored, or not readable. */
export interface ReadPackagesResult {
  readonly read: number;
  readonly kept: number;
  readonly failed: number;
}

/** The argument of a trial workflow. The definition is in Postgres. */
export interface TrialInput {
  readonly sourceName: string;
  readonly deadlineMs: number;
}

/** The memo of an actor, which lets housekeeping compare it with Postgres without querying it. */
export interface ActorMemo {
  /** The fingerprint of the definition that the actor knows. */
  readonly definition: string;
  readonly paused: boolean;
  /** The number of the last sync that ended; 0 before the first one. */
  readonly lastSync: number;
}

/** Watches last for hours, so they have their own queue and leave the slots of other activities to syncs. */
export const watchTaskQueue = (taskQueue: string): string => `${taskQueue}-watch`;

/** Callers wait for writes, so these have their own queue and never wait for a slot behind fetches. */
export const writeTaskQueue = (taskQueue: string): string => `${taskQueue}-write`;

/** Users wait for the syncs and trials that they request, so these have slots that fetches of timers never take. */
export const requestedTaskQueue = (taskQueue: string): string => `${taskQueue}-requested`;

/** All task queues of a worker. */
export const taskQueuesOf = (taskQueue: string): readonly string[] => [
  taskQueue,
  writeTaskQueue(taskQueue),
  requestedTaskQueue(taskQueue),
  watchTaskQueue(taskQueue),
];

/**
 * Task priorities: lower numbers run first. Syncs started by a timer have the default, 3. The workflow tasks of actors have that of
 * what callers can ask them for. Tasks of equal priority are taken from all sources in turn, if the Temporal server supports fairness.
 */
export const PRIORITY = { write: 1, requestedSync: 2, sync: 3, packages: 4 } as const;

// ---------------------------------------------------------------- search attributes

export const SourceName = defineSearchAttributeKey('SourceName', SearchAttributeType.KEYWORD);
export const SourceKindAttribute = defineSearchAttributeKey('SourceKind', SearchAttributeType.KEYWORD);
export const SourcePhaseAttribute = defineSearchAttributeKey('SourcePhase', SearchAttributeType.KEYWORD);
export const SyncOutcomeAttribute = defineSearchAttributeKey('SyncOutcome', SearchAttributeType.KEYWORD);
export const SyncTriggerAttribute = defineSearchAttributeKey('SyncTrigger', SearchAttributeType.KEYWORD);
export const LastSuccessTime = defineSearchAttributeKey('LastSuccessTime', SearchAttributeType.DATETIME);

export const SEARCH_ATTRIBUTES = [
  SourceName,
  SourceKindAttribute,
  SourcePhaseAttribute,
  SyncOutcomeAttribute,
  SyncTriggerAttribute,
  LastSuccessTime,
] as const;

/** `idle`: waiting for the timer or a message; `failing`: the same after a failed sync. */
export type SourcePhase = 'idle' | 'failing' | 'checking' | 'syncing' | 'paused' | 'retiring';
export type SyncOutcome = 'changed' | 'unchanged' | 'failed' | 'cancelled';
export type SyncTrigger = 'start' | 'timer' | 'watch' | 'message' | 'definition' | 'full';

// ---------------------------------------------------------------- syncs

export interface SyncCounts {
  /** Entries in the snapshot after filtering, without rejected ones. */
  readonly entries: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly rejected: number;
  readonly warnings: number;
}

/** Identifies a sync. */
export interface SyncKey {
  readonly sourceName: string;
  readonly number: number;
}

/** What is recorded about the start of a sync. */
interface SyncOrigin {
  readonly trigger: SyncTrigger;
  readonly requestedBy?: string;
  readonly reason?: string;
}

/** The argument of a sync workflow. */
export interface SyncInput extends SyncOrigin {
  readonly source: SourceReference;
  readonly number: number;
  /** Fetch even if nothing seems new. The removal guard is overridden only if Postgres has a request for that. */
  readonly force: boolean;
  /** An api source: fetch everything, not only what changed since the last sync. */
  readonly full: boolean;
}

/** Numbers of a source's entries by kind, without deleted ones. */
export type EntryTotals = Readonly<Record<EntryKind, number>>;

export interface SyncResult {
  readonly outcome: 'changed' | 'unchanged';
  readonly counts: SyncCounts;
  /** What the source has after the sync. Absent in the histories of 0.2. */
  readonly totals?: EntryTotals;
  /** The upstream's name for the fetched state: a commit id, an entity tag, or a digest. */
  readonly upstreamRevision?: string;
}

/** The first entries that a sync added, changed, removed, and rejected: 20 of each at most, for the Web UI. */
export interface SyncListing {
  /** Name and version. */
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly rejected: readonly { readonly entry: string; readonly location?: string; readonly reason: string }[];
}

/** How a sync ended, as the actor remembers it. */
export interface SyncReport {
  readonly number: number;
  readonly trigger: SyncTrigger;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcome: SyncOutcome;
  readonly counts?: SyncCounts;
  readonly totals?: EntryTotals;
  readonly upstreamRevision?: string;
  readonly failure?: { readonly type: FailureType | 'Unknown'; readonly message: string };
}

// ---------------------------------------------------------------- messages to a source

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
export const pauseUpdate = defineUpdate<{ readonly paused: true }>('pause');
/** Start the timer again. A sync that is due runs at once. Resuming a source that isn't paused changes nothing. */
export const resumeUpdate = defineUpdate<{ readonly paused: false }>('resume');

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
  /** RFC 3339; absent if only a message starts a sync. */
  readonly nextCycleAt?: string;
  readonly lastCheckedAt?: string;
  readonly lastSuccessAt?: string;
  readonly consecutiveFailures: number;
  readonly cycle: number;
  /** Newest first, at most ten. */
  readonly recentSyncs: readonly SyncReport[];
}

// ---------------------------------------------------------------- the source workflow's argument

/** What an actor knows about its source's definition, which is stored in Postgres. */
export interface SourceReference {
  readonly name: string;
  readonly kind: string;
  readonly fingerprint: string;
  /** Where entries come from, for the Web UI: no credentials, no query string. */
  readonly label: string;
  /** Whether changes are noticed without waiting for the timer. */
  readonly isWatched: boolean;
  readonly policy: {
    /** Milliseconds from one cycle to the next; null: only a message starts a sync. */
    readonly intervalMs: number | null;
    /** Longest time for one fetch, in milliseconds. */
    readonly deadlineMs: number;
    /** Milliseconds between two full syncs; absent if every sync is full. */
    readonly fullSyncEveryMs?: number;
  };
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

// ---------------------------------------------------------------- activities

/** The first of an `ApplicationFailure`'s `details`, if the upstream said when to ask again. */
export interface FailureDetails {
  readonly retryAfterMs?: number;
}

export interface CheckInput {
  readonly sourceName: string;
  /** The number of the last sync that ended. If Postgres has no record of it, a sync is needed. */
  readonly lastSync: number;
}
export interface CheckResult {
  readonly news: 'nothing' | 'maybe';
}

export interface FetchInput extends SyncKey, SyncOrigin {
  readonly force: boolean;
  readonly full: boolean;
}
/** What the Web UI shows of a fetch. Its findings are in Postgres. */
export interface FetchSnapshotResult {
  /** `unchanged`: the upstream said so before anything was downloaded, or sent what was last applied. */
  readonly snapshot: 'staged' | 'unchanged';
  readonly counts: Pick<SyncCounts, 'entries' | 'rejected' | 'warnings'>;
}
export interface AppliedSync extends SyncResult {
  /** Absent in the histories of 0.1. */
  readonly listing?: SyncListing;
  /** Whether the source has packages to read. Absent in the histories of 0.1. */
  readonly packages?: boolean;
}
export interface RecordFailureInput extends SyncKey, SyncOrigin {
  readonly outcome: 'failed' | 'cancelled';
  readonly failure: { readonly type: string; readonly message: string; readonly retryAfterMs?: number };
}
export interface WatchInput {
  readonly sourceName: string;
}

/** On the write queue; also on the main queue, where earlier versions put it. */
export interface WriteActivities {
  /** Carry out a write request of a managed source, exactly once. */
  write(input: { readonly sourceName: string; readonly request: WriteRequest }): Promise<WriteResult>;
  /** Record that the source was paused or resumed. */
  recordPause(input: { readonly sourceName: string; readonly paused: boolean }): Promise<void>;
  /** Delete a source from Postgres, if Postgres says that it can go. */
  retireSource(input: { readonly sourceName: string; readonly entries: 'remove' | 'detach' }): Promise<void>;
}

/** The activities that workflow code uses; implemented in activities/. */
export interface Activities extends WriteActivities {
  /** Ask the upstream whether anything is new, without fetching it. Only the answer "nothing" is certain. */
  check(input: CheckInput): Promise<CheckResult>;
  /** Open the sync's record, fetch, filter, and stage. Sends heartbeats, can be cancelled, resumes where possible. */
  fetchSnapshot(input: FetchInput): Promise<FetchSnapshotResult>;
  /** Make the staged snapshot of a sync visible in one transaction, and close the sync's record. */
  applySnapshot(input: SyncKey): Promise<AppliedSync>;
  /**
   * Close the record of a sync that didn't get that far, and drop what it staged. Returns the first rejections; undefined if the
   * source no longer exists.
   */
  recordFailure(input: RecordFailureInput): Promise<Pick<SyncListing, 'rejected'> | undefined>;
  /** Make the actors match the sources in Postgres: start, configure, sync, retire. */
  reconcileSources(): Promise<{
    readonly started: number;
    readonly configured: number;
    readonly synced: number;
    readonly retired: number;
    /** Whether packages are due. Absent in the histories of 0.1. */
    readonly packages?: boolean;
  }>;
  /** Read the packages that skills and plugins name: their files and signatures. Never fails because of a package. */
  readPackages(input: ReadPackagesInput): Promise<ReadPackagesResult>;
  /** Delete old tombstones, sync records, write requests, audit events, and orphaned snapshots. */
  purge(): Promise<{
    readonly tombstones: number;
    readonly syncRuns: number;
    readonly writeRequests: number;
    readonly auditEvents: number;
  }>;
}

/** On the watch queue: ends when the source may have news. */
export interface WatchActivities {
  watch(input: WatchInput): Promise<void>;
}
