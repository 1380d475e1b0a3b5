import type { Database } from '../db/connection/database.ts';
import { storePause } from '../db/configuration/source-requests.ts';
import type { Activities } from '../workflows/contract/activities.ts';

/** Records in Postgres whether a source is paused, so that a pause survives the loss of Temporal's data. */
export async function recordPause(
  database: Database,
  { sourceName, paused }: Parameters<Activities['recordPause']>[0],
): Promise<void> {
  await storePause(database, sourceName, paused);
}
