/** The activities that workflow code uses, with their arguments and results. */
import type { WriteRequest, WriteResult } from './source-actor.ts';
import type { SyncCounts, SyncKey, SyncListing, SyncOrigin, SyncResult } from './syncs.ts';

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
/** The part of a fetch's result that the Web UI shows. Its findings are in Postgres. */
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
export interface ReconciledSources {
  readonly started: number;
  readonly configured: number;
  readonly synced: number;
  readonly retired: number;
  /** Whether skills or plugins have packages to read. Absent in the histories of 0.1. */
  readonly packages?: boolean;
}
export interface WatchInput {
  readonly sourceName: string;
}

/** The argument of a workflow that reads packages. */
export interface ReadPackagesInput {
  /** The source; absent for all sources. */
  readonly sourceName?: string;
  /** The sync whose record gets the warnings. */
  readonly syncNumber?: number;
}
/** Numbers of packages by result: downloaded, already stored, or not readable. */
export interface ReadPackagesResult {
  readonly read: number;
  readonly kept: number;
  readonly failed: number;
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
  reconcileSources(): Promise<ReconciledSources>;
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
