/** The end of a source, whoever brings it about. */
import type { Database } from '../db/connection.ts';
import { deleteDetachedSource } from '../db/sources.ts';
import { RollcallError } from '../registry/failure.ts';
import type { SourceActors } from './source-actors.ts';

/**
 * Has the actor of a detached source end, and with `remove` the source with its entries erased. Where no actor runs
 * there is nothing to wait for.
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
