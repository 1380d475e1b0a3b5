/** What an actor starts from when Temporal knows nothing of it: a new source, or one whose history was lost. */
import type { Database } from '../db/connection.ts';
import { findSource, type SourceRow } from '../db/sources.ts';
import type { SourceState } from '../workflows/contract.ts';
import { sourceReference } from './source-reference.ts';

/**
 * The state of a new actor for a source in Postgres. It is due at once unless it was paused, keeps what an operator
 * asked for, and continues to count syncs from the last one.
 */
export function initialState(source: SourceRow): SourceState {
  return {
    version: 2,
    source: sourceReference(source.definition),
    nextSyncNumber: source.nextSyncNumber,
    cycle: 0,
    paused: source.paused,
    ...(source.isForceRequested && { pending: { force: true, trigger: 'message' } }),
    consecutiveFailures: 0,
    recentSyncs: [],
  };
}

/** The state for the source of that name; undefined where there is none, or where it left the configuration. */
export async function findInitialState(database: Database, sourceName: string): Promise<SourceState | undefined> {
  const source = await findSource(database, sourceName);
  return source === null || source.detachedAt !== null ? undefined : initialState(source);
}
