/**
 * What Rollcall needs to know about a kind of source. `docs/adding-a-source.md` explains how to add one.
 *
 * The API, the CLI, and the configuration use `SourceKind`, which is small and has no side effects. Workers load the
 * `SourceReader`, with everything that reads an upstream, when a source of the kind is checked, fetched, or watched.
 */
import type { z } from 'zod';
import type { OutboundSettings } from '../config/model.ts';
import type { Surroundings } from '../config/settings.ts';
import type { Progress } from '../activities/progress.ts';
import type { SnapshotStager } from '../activities/staging/snapshot-stager.ts';
import type { Database } from '../db/connection/database.ts';
import type { FetchedSnapshot } from '../db/syncs/fetched-snapshots.ts';
import type { SyncRunRow } from '../db/syncs/sync-runs.ts';
import type { AdmissionFault } from '../outbound/admission.ts';
import type { OutboundGuard } from '../outbound/guard.ts';
import type { SourceDefinition, SourceOrigin } from '../registry/source-definition.ts';

/** @typeParam Origin how a definition of this kind is stored; @typeParam Written what `schema` accepts */
export interface SourceKind<Origin extends SourceOrigin = SourceOrigin, Written = unknown> {
  /** The member of a source in the configuration that selects this kind, such as `configMap`. */
  readonly key: string;
  /** The kind's name in the database and in APIs: `kind` of an origin. */
  readonly name: string;
  /** Tells kinds with the same name apart. Default: the name is enough. */
  readonly owns?: (origin: SourceOrigin) => boolean;

  /** What the configuration has under `key`. */
  readonly schema: z.ZodType<Written>;
  /** For kinds that don't read registry documents and so have no `format`: what to call such a source in an error. */
  readonly withoutFormat?: string;
  /** Whether a source needs `syncPolicy.interval`, by what it has under `key`, valid or not. Default: no. */
  readonly needsInterval?: (member: unknown) => boolean;
  /** Milliseconds between two cycles if the configuration doesn't say; null: only a message starts a sync. Default: null. */
  readonly defaultIntervalMs?: (origin: Origin) => number | null;
  /** The origin of a source. Relative paths start at `surroundings.folder`. */
  readonly originOf: (written: Written, surroundings: Surroundings) => Origin;
  /** The reverse of `originOf`, for APIs that show a source as it would be configured. */
  readonly written: (origin: Origin) => Record<string, unknown>;

  /** Where the source comes from, for operators: no credentials, no query string. */
  readonly label: (origin: Origin) => string;
  /** The URL of the upstream, for checking that this machine reaches its host. Default: it is on no other host. */
  readonly upstream?: (origin: Origin) => URL | null;
  /** What prevents a source with this origin from being created through the API. Asked again before each fetch. */
  readonly admissionFaults: (origin: Origin, settings: OutboundSettings) => readonly AdmissionFault[];

  /** Whether the reader can watch this source, so that changes don't wait for the timer. Default: no. */
  readonly isWatched?: (origin: Origin) => boolean;
  /** Milliseconds between two full syncs, for kinds that ask only for changes in between. */
  readonly fullSyncEveryMs?: (origin: Origin) => number;
  /** Whether the definition holds the document, so that its author decides what is in it. Default: no. */
  readonly isInline?: (origin: Origin) => boolean;
  /**
   * Whether a list that misses an entry, or all of them, means that they were removed. Other upstreams may have lost
   * them, which the removal guard catches. Default: no.
   */
  readonly isAuthoritative?: boolean;
  /** Whether a fetch reads pages: it can resume at a cursor, and entries can move from one page to the next meanwhile. */
  readonly isPaged?: boolean;
  /**
   * Whether single entries say which claims a caller needs to see them. Default: the claims of the source apply. Another
   * kind like this needs a migration: PostgreSQL derives `source.lends_claims` from the definition.
   */
  readonly hasEntryClaims?: boolean;

  /** Loads what reads the upstream; absent for managed sources, which are published to instead. */
  readonly loadReader?: () => Promise<SourceReader<Origin>>;
}

/** @typeParam State what a fetch leaves for the next check and fetch; stored as JSON */
export interface SourceReader<Origin extends SourceOrigin = SourceOrigin, State extends object = object> {
  /** Recognizes a stored state. One that doesn't match is ignored, and the next fetch reads everything. */
  readonly state: z.ZodType<State>;
  /**
   * Asks whether anything is new. It can only be sure of "nothing"; its cost must not depend on the number of entries.
   *
   * @throws any failure, which leads to a sync
   */
  check(question: Check<Origin, State>): Promise<'nothing' | 'maybe'>;
  /** Stages the entries of the source, or finds that they are what was applied last. */
  fetch(fetch: Fetch<Origin, State>): Promise<Fetched<State>>;
  /** Resolves as soon as there may be news. A check then finds out. */
  watch?(watch: Watch<Origin, State>): Promise<void>;
}

interface Reading<Origin extends SourceOrigin> {
  readonly origin: Origin;
  readonly definition: SourceDefinition;
  /** Aborts when the activity is cancelled. */
  readonly signal: AbortSignal;
}

interface Guarded {
  /** Null: nothing is forbidden. */
  readonly guard: OutboundGuard | null;
}

export interface Check<Origin extends SourceOrigin = SourceOrigin, State = object> extends Reading<Origin>, Guarded {
  /** What the last applied fetch of this definition left. */
  readonly previous: State;
}

export interface Fetch<Origin extends SourceOrigin = SourceOrigin, State = object> extends Reading<Origin>, Guarded {
  readonly database: Database;
  /** What the last applied fetch of this definition left; null: fetch everything. */
  readonly previous: State | null;
  readonly stager: SnapshotStager;
  readonly progress: Progress;
  /** When the first attempt of this fetch was scheduled, in milliseconds since the epoch. */
  readonly scheduledAtMs: number;
  /** The cursor that an earlier attempt reached, where a paged fetch continues. */
  readonly resumeFrom: string | null;
}

export interface Fetched<State extends object = object> extends Pick<
  FetchedSnapshot,
  'snapshot' | 'coverage' | 'absentKinds' | 'upstreamRevision' | 'envelope' | 'commitId'
> {
  readonly state: State;
}

export interface Watch<Origin extends SourceOrigin = SourceOrigin, State = object> extends Reading<Origin> {
  readonly database: Database;
  readonly progress: Progress;
  /** What syncs have done up to now. */
  readonly lastSync: () => Promise<LastSync<State>>;
}

export interface LastSync<State = object> {
  /** What the last applied fetch of this definition left; null: there was none. */
  readonly applied: State | null;
  /** The newest sync, which may be running; null: there was none. */
  readonly run: SyncRunRow | null;
}

/** `yaml` where a file name says that a document is. */
export function syntaxOfName(name: string): 'yaml' | undefined {
  return /\.ya?ml$/i.test(name) ? 'yaml' : undefined;
}
