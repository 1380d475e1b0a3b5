import { sql } from 'slonik';
import { z } from 'zod';
import type { Database } from './connection.ts';
import { count } from './schemas.ts';

const milestone = z.object({ newestSync: count, sources: count });
/** How far a database has got. Its newest sync only gets newer, unless the database is lost or restored from a backup. */
export type Milestone = z.infer<typeof milestone>;

/** Costs two look-ups, however much there is. */
export async function readMilestone(database: Database): Promise<Milestone> {
  return await database.pool.one(sql.type(milestone)`
    select (select coalesce(max(id), 0) from sync_run) as "newestSync", (select count(*) from source) as sources`);
}
