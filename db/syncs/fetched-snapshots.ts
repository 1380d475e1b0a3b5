/** The result of a fetch other than its staged entries, stored in the record of the sync until it is applied. */
import { sql } from 'slonik';
import { z } from 'zod';
import { SKILL_KINDS } from '../../registry/entry-kind.ts';
import type { Database } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';

/** State for the next check and fetch to compare with. */
type FetchState = Readonly<Record<string, unknown>>;

const fetchedSnapshot = z.object({
  /** `unchanged`: the upstream reported no changes, or sent the same content that was applied last. */
  snapshot: z.enum(['staged', 'unchanged']),
  /** A partial snapshot (API sources between full syncs) doesn't imply the removal of entries that it lacks. */
  coverage: z.enum(['complete', 'partial']),
  /**
   * Kinds of entries that the upstream no longer lists at all. Their served entries stay, unless the sync is forced.
   */
  absentKinds: z.array(z.enum(SKILL_KINDS)).optional(),
  counts: z.object({ entries: z.number(), rejected: z.number(), warnings: z.number() }),
  /** Number of staged chunks, for detecting lost ones. */
  chunks: z.number(),
  fetchState: z.custom<FetchState>(),
  upstreamRevision: z.string().optional(),
  /** The registry document's members other than entries, as JSON text. At most a few kilobytes. */
  envelope: z.string().optional(),
  /** The commit of the entries (Git sources). */
  commitId: z.string().optional(),
});
type StoredSnapshot = z.infer<typeof fetchedSnapshot>;

export type FetchedSnapshot = StoredSnapshot & {
  /** Digest of the fetched definition (registry/definition-digest.ts). */
  readonly definitionDigest: string;
};

/** Records which definition a sync fetches. Discards the result of fetching a different one. */
export async function noteDefinition(database: Database, syncRunId: string, digest: string): Promise<void> {
  await database.query(sql.type(nothing)`
    update sync_run set definition_digest = ${digest}, fetched = null where id = ${syncRunId} and ended_at is null`);
}

/** Stores the result of a fetch. */
export async function storeFetchedSnapshot(
  database: Database,
  syncRunId: string,
  fetched: StoredSnapshot,
): Promise<void> {
  await database.query(sql.type(nothing)`
    update sync_run set fetched = ${JSON.stringify(fetched)}::jsonb where id = ${syncRunId} and ended_at is null`);
}

const fetchedRow = z.object({ fetched: fetchedSnapshot, definitionDigest: z.string() });

/** Returns the result of a running sync's fetch. Null if the fetch hasn't ended, or if Rollcall 0.1 ran it. */
export async function findFetchedSnapshot(database: Database, syncRunId: string): Promise<FetchedSnapshot | null> {
  const row = await database.maybeOne(sql.type(fetchedRow)`
    select fetched, definition_digest as "definitionDigest" from sync_run
    where id = ${syncRunId} and ended_at is null and fetched is not null and definition_digest is not null`);
  return row === null ? null : { ...row.fetched, definitionDigest: row.definitionDigest };
}
