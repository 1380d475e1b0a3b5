import { purge as purgeDatabase } from '../db/purge.ts';
import type { Database } from '../db/connection.ts';
import type { Activities } from '../workflows/contract.ts';

/** Drops what nobody asks for any more. */
export async function purge(database: Database): ReturnType<Activities['purge']> {
  return await purgeDatabase(database);
}
