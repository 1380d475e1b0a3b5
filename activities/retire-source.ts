import type { Database } from '../db/connection.ts';
import { deleteSource, detachSource } from '../db/sources.ts';
import type { Activities } from '../workflows/contract.ts';

/** Takes a source and its entries out of Postgres, or out of the registries only. */
export async function retireSource(
  database: Database,
  { sourceName, entries }: Parameters<Activities['retireSource']>[0],
): Promise<void> {
  if (entries === 'remove') await deleteSource(database, sourceName);
  else await detachSource(database, sourceName);
}
