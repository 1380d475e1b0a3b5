/** What a fetch found out beside the entries that it staged, kept with the record of its sync until the apply. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Database } from './connection.ts';
import { nothing } from './schemas.ts';

/** What the next check and the next fetch compare with: a member for each thing that an upstream can be asked about. */
type FetchState = Readonly<Record<string, string | number | null>>;

const fetchedSnapshot = z.object({
  /** `unchanged`: the upstream said so before anything was downloaded, or what it sent is what was applied last. */
  snapshot: z.enum(['staged', 'unchanged']),
  /** A partial snapshot (an api source between two full syncs) says nothing about entries that it does not hold. */
  coverage: z.enum(['complete', 'partial']),
  counts: z.object({ entries: z.number(), rejected: z.number(), warnings: z.number() }),
  /** How many chunks were staged: an apply that finds fewer has lost some. */
  chunks: z.number(),
  fetchState: z.custom<FetchState>(),
  upstreamRevision: z.string().optional(),
  /** The members of the registry document beside its entries, as JSON text; a few kilobytes at most. */
  envelope: z.string().optional(),
  /** The commit that the entries come from (git sources). */
  commitId: z.string().optional(),
});
type StoredSnapshot = z.infer<typeof fetchedSnapshot>;

export type FetchedSnapshot = StoredSnapshot & {
  /** Of the definition that was fetched (registry/definition-digest.ts). */
  readonly definitionDigest: string;
};

/** Notes which definition a sync fetches. What was fetched for another one no longer counts. */
export async function noteDefinition(database: Database, syncRunId: string, digest: string): Promise<void> {
  await database.pool.query(sql.type(nothing)`
    update sync_run set definition_digest = ${digest}, fetched = null where id = ${syncRunId} and ended_at is null`);
}

/** Keeps what a fetch found out, for the apply. */
export async function storeFetchedSnapshot(
  database: Database,
  syncRunId: string,
  fetched: StoredSnapshot,
): Promise<void> {
  await database.pool.query(sql.type(nothing)`
    update sync_run set fetched = ${JSON.stringify(fetched)}::jsonb where id = ${syncRunId} and ended_at is null`);
}

const fetchedRow = z.object({ fetched: fetchedSnapshot, definitionDigest: z.string() });

/** What was fetched for a sync that has not ended; null: its fetch has not ended either, or Rollcall 0.1 fetched it. */
export async function findFetchedSnapshot(database: Database, syncRunId: string): Promise<FetchedSnapshot | null> {
  const row = await database.pool.maybeOne(sql.type(fetchedRow)`
    select fetched, definition_digest as "definitionDigest" from sync_run
    where id = ${syncRunId} and ended_at is null and fetched is not null and definition_digest is not null`);
  return row === null ? null : { ...row.fetched, definitionDigest: row.definitionDigest };
}
