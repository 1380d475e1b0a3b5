import type { Database } from '../db/connection/database.ts';
import { deleteDetachedSource } from '../db/configuration/sources.ts';
import type { Activities } from '../workflows/contract/activities.ts';

/**
 * Erases a source when its actor ends, if Postgres confirms that it must be removed. A source that is kept needs nothing: it
 * left its registries together with the configuration, and may have returned since.
 */
export async function retireSource(
  database: Database,
  { sourceName, entries }: Parameters<Activities['retireSource']>[0],
): Promise<void> {
  if (entries === 'remove') await deleteDetachedSource(database, sourceName);
}
