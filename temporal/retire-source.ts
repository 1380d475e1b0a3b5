/** Retires sources. */
import type { Database } from '../db/connection/database.ts';
import { deleteDetachedSource } from '../db/configuration/sources.ts';
import { RollcallError } from '../registry/failure.ts';
import type { SourceActors } from './source-actors.ts';

/**
 * Ends the actor of a detached source, if it is running. With `remove`, also deletes the source and its entries.
 */
export async function retireSource(
  { actors, database }: { readonly actors: SourceActors; readonly database: Database },
  { name, entries }: { readonly name: string; readonly entries: 'remove' | 'detach' },
): Promise<void> {
  try {
    await actors.retire(name, entries);
  } catch (error) {
    if (!(error instanceof RollcallError) || error.type !== 'SourceNotFound') throw error;
    if (entries === 'remove') await deleteDetachedSource(database, name);
  }
}
