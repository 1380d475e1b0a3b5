/** What every kind of fetch gets to work with, and what it answers. */
import { createHash } from 'node:crypto';
import type { SourceDefinition, SourceOrigin } from '../registry/source-definition.ts';
import type { OutboundGuard } from '../outbound/guard.ts';
import type { FetchSnapshotResult, FetchState } from '../workflows/contract.ts';
import type { Progress } from './progress.ts';
import type { SnapshotStager } from './snapshot-stager.ts';

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

export type Fetched = Pick<
  FetchSnapshotResult,
  'snapshot' | 'coverage' | 'fetchState' | 'upstreamRevision' | 'envelope' | 'commitId'
>;

/**
 * A digest that tells whether what a source holds was fetched by this definition: another origin, format or filter
 * means other entries, another interval does not.
 */
export function definitionDigest({ origin, format, filter }: SourceDefinition): string {
  const text = JSON.stringify([origin, format ?? null, filter ?? null], withSortedMembers);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** A definition that has been in Postgres comes back with its members in another order. */
function withSortedMembers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What the last applied fetch left behind, if it was one of this definition. */
export function comparableState(definition: SourceDefinition, stored: unknown): FetchState | null {
  const state = stored as FetchState | null;
  return state?.['definitionDigest'] === definitionDigest(definition) ? state : null;
}

/** `yaml` where a file name says that a document is. */
export function syntaxOfName(name: string): 'yaml' | undefined {
  return /\.ya?ml$/i.test(name) ? 'yaml' : undefined;
}
