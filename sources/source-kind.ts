/**
 * The interface of a kind of source. `docs/adding-a-source.md` explains how to add one.
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

/** @typeParam Origin the stored definition of this kind; @typeParam Written the input that `schema` accepts */
export interface SourceKind<Origin extends SourceOrigin = SourceOrigin, Written = unknown> {
  /** The member of a source in the configuration that selects this kind, such as `configMap`. */
  readonly key: string;
  /** The kind's name in the database and in APIs: `kind` of an origin. */
  readonly name: string;
  /** Tells kinds with the same name apart. Default: the name is enough. */
  readonly owns?: (origin: SourceOrigin) => boolean;

  /** The schema of the value of `key` in the configuration. */
  readonly schema: z.ZodType<Written>;
  /**
   * For kinds that don't read registry documents and so have no `format`: how error messages refer to such a source.
   */
  readonly withoutFormat?: string;
  /** Whether a source needs `syncPolicy.interval`, according to its value of `key`, valid or not. Default: no. */
  readonly needsInterval?: (member: unknown) => boolean;
  /**
   * Milliseconds between two cycles if the configuration doesn't say. With null, the default, only a message starts a
   * sync.
   */
  readonly defaultIntervalMs?: (origin: Origin) => number | null;
  /** The origin of a source. Relative paths start at `surroundings.folder`. */
  readonly originOf: (written: Written, surroundings: Surroundings) => Origin;
  /** The reverse of `originOf`, for APIs that show a source as it would be configured. */
  readonly written: (origin: Origin) => Record<string, unknown>;

  /** The origin of the entries, for operators: no credentials, no query string. */
  readonly label: (origin: Origin) => string;
  /** The URL of the upstream, for checking that this machine reaches its host. Default: it is on no other host. */
  readonly upstream?: (origin: Origin) => URL | null;
  /**
   * Faults that prevent a source with this origin from being created through the API. They are checked again before
   * each fetch.
   */
  readonly admissionFaults: (origin: Origin, settings: OutboundSettings) => readonly AdmissionFault[];

  /** Whether the reader can watch this source, so that changes don't wait for the timer. Default: no. */
  readonly isWatched?: (origin: Origin) => boolean;
  /** Milliseconds between two full syncs, for kinds that ask only for changes in between. */
  readonly fullSyncEveryMs?: (origin: Origin) => number;
  /** Whether the definition contains the document, so that its author decides on the entries. Default: no. */
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

  /** Loads the reader; absent for managed sources, which are published to instead. */
  readonly loadReader?: () => Promise<SourceReader<Origin>>;
}

/** @typeParam State the state that a fetch leaves for the next check and fetch; stored as JSON */
export interface SourceReader<Origin extends SourceOrigin = SourceOrigin, State extends object = object> {
  /** Recognizes a stored state. One that doesn't match is ignored, and the next fetch reads everything. */
  readonly state: z.ZodType<State>;
  /**
   * Asks whether anything is new. It can only be sure of "nothing"; its cost must not depend on the number of entries.
   *
   * @throws any failure, which leads to a sync
   */
  check(question: Check<Origin, State>): Promise<'nothing' | 'maybe'>;
  /** Stages the entries of the source, or finds that they are unchanged since the last apply. */
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
  /** The limits of the source; null if it has none. */
  readonly guard: OutboundGuard | null;
}

export interface Check<Origin extends SourceOrigin = SourceOrigin, State = object> extends Reading<Origin>, Guarded {
  /** The state that the last applied fetch of this definition left. */
  readonly previous: State;
}

export interface Fetch<Origin extends SourceOrigin = SourceOrigin, State = object> extends Reading<Origin>, Guarded {
  readonly database: Database;
  /** The state that the last applied fetch of this definition left. With null, the fetch must read everything. */
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
  /** Reads the state of the last syncs. */
  readonly lastSync: () => Promise<LastSync<State>>;
}

export interface LastSync<State = object> {
  /** The state that the last applied fetch of this definition left; null if there was none. */
  readonly applied: State | null;
  /** The newest sync, which may be running; null if there was none. */
  readonly run: SyncRunRow | null;
}

/** Returns `yaml` for names of YAML files. */
export function syntaxOfName(name: string): 'yaml' | undefined {
  return /\.ya?ml$/i.test(name) ? 'yaml' : undefined;
}
