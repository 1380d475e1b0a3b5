/** The initial state of an actor, for a new source or a source whose history was lost. */
import type { Database } from '../db/connection/database.ts';
import { findSource, type SourceRow } from '../db/configuration/sources.ts';
import type { SourceState } from '../workflows/contract/source-actor.ts';
import { sourceReference } from './source-reference.ts';

/**
 * Returns the state of a new actor for a source in Postgres. It syncs immediately unless it was paused, keeps requests
 * of operators, and continues the numbering of syncs.
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

/** Returns the state for a source. Undefined if it doesn't exist or was removed from the configuration. */
export async function findInitialState(database: Database, sourceName: string): Promise<SourceState | undefined> {
  const source = await findSource(database, sourceName);
  return source === null || source.detachedAt !== null ? undefined : initialState(source);
}
