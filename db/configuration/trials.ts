/**
 * Sources that are only tried out. A trial is a detached source: it is in no registry and is never applied, and
 * housekeeping deletes it if its process ended before it could.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'slonik';
import { z } from 'zod';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import type { Database } from '../connection/database.ts';
import { count, nothing } from '../connection/schemas.ts';

/** No source has a dot in its name. */
const PREFIX = 'trial.';

export function newTrialName(): string {
  return `${PREFIX}${randomUUID()}`;
}

/** Whether a source is only tried out. */
export function isTrial({ name }: { readonly name: string }): boolean {
  return name.startsWith(PREFIX);
}

/** Stores the definition, which has the name of a trial. */
export async function createTrial(database: Database, definition: SourceDefinition): Promise<void> {
  await database.query(sql.type(nothing)`
    insert into source (name, kind, origin, definition, detached_at)
    values (${definition.name}, ${definition.origin.kind}, 'api', ${sql.jsonb({ ...definition })}, now())`);
}

/** Also an output of the admin API. */
export const stagedEntryRow = z.object({ name: z.string(), version: z.string(), description: z.string() });
export type StagedEntry = z.infer<typeof stagedEntryRow>;

/** The first entries that a sync has staged, by name, and how many there are. */
export async function listStagedEntries(
  database: Database,
  { syncRunId, limit }: { readonly syncRunId: string; readonly limit: number },
): Promise<{ readonly entries: readonly StagedEntry[]; readonly total: number }> {
  const entries = await database.any(sql.type(stagedEntryRow)`
    select name, version, left(description, 300) as description from snapshot_entry
    where sync_run_id = ${syncRunId} order by name, version limit ${limit}`);
  const total = await database.oneFirst(sql.type(z.object({ total: count }))`
    select count(*) as total from snapshot_entry where sync_run_id = ${syncRunId}`);
  return { entries, total };
}
