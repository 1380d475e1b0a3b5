import { purge as purgeDatabase, type Retention } from '../db/purge.ts';
import type { Database } from '../db/connection.ts';
import type { Activities } from '../workflows/contract.ts';

/** Drops what nobody asks for any more. */
export async function purge(database: Database, retention?: Retention): ReturnType<Activities['purge']> {
  return await purgeDatabase(database, retention);
}
