/** What every kind of fetch and check gets to work with, and what a fetch answers. */
import { definitionDigest } from '../registry/definition-digest.ts';
import type { SourceDefinition, SourceOrigin } from '../registry/source-definition.ts';
import type { OutboundGuard } from '../outbound/guard.ts';
import type { FetchedSnapshot, FetchState } from '../db/fetched-snapshots.ts';
import type { Progress } from '../activities/progress.ts';
import type { SnapshotStager } from '../activities/snapshot-stager.ts';

export interface Fetch<Origin extends SourceOrigin = SourceOrigin> {
  readonly origin: Origin;
  readonly definition: SourceDefinition;
  /** What the last applied fetch of this very definition left behind; null: fetch everything. */
  readonly previous: FetchState | null;
  readonly stager: SnapshotStager;
  readonly progress: Progress;
  /** Null: nothing is forbidden. */
  readonly guard: OutboundGuard | null;
  /** Aborts when the activity is cancelled. */
  readonly signal: AbortSignal;
  /** The cursor that an earlier attempt got to, for a paged fetch to go on from. */
  readonly resumeFrom: string | null;
}

/** What every kind of check gets to work with. */
export interface Check<Origin extends SourceOrigin = SourceOrigin> {
  readonly origin: Origin;
  readonly definition: SourceDefinition;
  /** What the last applied fetch left behind. */
  readonly previous: FetchState;
  /** Null: nothing is forbidden. */
  readonly guard: OutboundGuard | null;
  readonly signal: AbortSignal;
}

export type Fetched = Pick<
  FetchedSnapshot,
  'snapshot' | 'coverage' | 'fetchState' | 'upstreamRevision' | 'envelope' | 'commitId'
>;

/** What the last applied fetch left behind, if it was one of this definition. */
export function comparableState(definition: SourceDefinition, stored: unknown): FetchState | null {
  const state = stored as FetchState | null;
  return state?.['definitionDigest'] === definitionDigest(definition) ? state : null;
}

/** `yaml` where a file name says that a document is. */
export function syntaxOfName(name: string): 'yaml' | undefined {
  return /\.ya?ml$/i.test(name) ? 'yaml' : undefined;
}
