import type { Database } from '../db/connection/database.ts';
import { deleteDetachedSource } from '../db/configuration/sources.ts';
import type { Activities } from '../workflows/contract.ts';

/**
 * Erases a source whose actor ends, if Postgres says that it can go. One that is kept needs nothing: it was taken out of
 * the registries when it left the configuration, and may have returned since.
 */
export async function retireSource(
  database: Database,
  { sourceName, entries }: Parameters<Activities['retireSource']>[0],
): Promise<void> {
  if (entries === 'remove') await deleteDetachedSource(database, sourceName);
}
