import { sql } from 'slonik';
import { z } from 'zod';
import type { Database } from '../connection/database.ts';
import { count } from '../connection/schemas.ts';

const milestone = z.object({
  /** Only increases, unless the database is lost or restored from an older backup, or a source is deleted. */
  newestSync: count,
  /** Identifies the rows of all sources, whatever their definitions. */
  sources: z.string(),
});
/** The progress of a database, for detecting lost data. */
export type Milestone = z.infer<typeof milestone>;

/** Reads no more than a few columns of the sources. */
export async function readMilestone(database: Database): Promise<Milestone> {
  return await database.one(sql.type(milestone)`
    select (select coalesce(max(id), 0) from sync_run) as "newestSync", 
      (select coalesce(md5(string_agg(id || ' ' || created_at, ',' order by id)), '') from source) as sources`);
}
