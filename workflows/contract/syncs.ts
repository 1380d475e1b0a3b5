/** Arguments and results of syncs and trials. Everything is JSON of a few kilobytes. */
import type { EntryKind } from '../../registry/entry-kind.ts';
import type { FailureType } from '../../registry/failure.ts';

export type SyncOutcome = 'changed' | 'unchanged' | 'failed' | 'cancelled';
export type SyncTrigger = 'start' | 'timer' | 'watch' | 'message' | 'definition' | 'full';

/** An actor's knowledge of its source's definition, which is stored in Postgres. */
export interface SourceReference {
  readonly name: string;
  readonly kind: string;
  readonly fingerprint: string;
  /** The origin of the entries, for the Web UI: no credentials, no query string. */
  readonly label: string;
  /** Whether changes are noticed without waiting for the timer. */
  readonly isWatched: boolean;
  readonly policy: {
    /** Milliseconds from one cycle to the next; null if only a message starts a sync. */
    readonly intervalMs: number | null;
    /** Longest time for one fetch, in milliseconds. */
    readonly deadlineMs: number;
    /** Milliseconds between two full syncs; absent if every sync is full. */
    readonly fullSyncEveryMs?: number;
  };
}

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

/** The recorded properties of the start of a sync. */
export interface SyncOrigin {
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
  /** For an api source, whether to fetch everything, and not only changes since the last sync. */
  readonly full: boolean;
}

/** Numbers of a source's entries by kind, without deleted ones. */
export type EntryTotals = Readonly<Record<EntryKind, number>>;

export interface SyncResult {
  readonly outcome: 'changed' | 'unchanged';
  readonly counts: SyncCounts;
  /** Numbers of entries that the source has after the sync. Absent in the histories of 0.2. */
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

/** The argument of a trial workflow. The definition is in Postgres. */
export interface TrialInput {
  readonly sourceName: string;
  readonly deadlineMs: number;
}
