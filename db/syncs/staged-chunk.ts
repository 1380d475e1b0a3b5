import type pg from 'pg';
import { draftDigest } from '../../registry/draft.ts';
import type { EntryDraft, EntryFinding } from '../../registry/entry.ts';
import { storeClaimSets } from '../claims/claim-sets.ts';
import type { Database } from '../connection/database.ts';
import type { KeyFilter } from './key-filter.ts';
import { StagedRows } from './staged-rows.ts';

/** A part of a snapshot, staged in one transaction. */
export interface SnapshotChunk {
  readonly syncRunId: string;
  readonly sourceId: string;
  readonly chunk: {
    /** Counts the chunks of the snapshot from 0. */
    readonly number: number;
    /** Where a paged fetch goes on after this chunk. */
    readonly cursor: string | null;
    readonly drafts: readonly EntryDraft[];
  };
  /** The keys of the chunks before, where this process has staged them all; default: they are looked up. */
  readonly stagedKeys?: KeyFilter | undefined;
  /** Fulfilled when the chunk before is staged: this one is made ready meanwhile. Default: it is. */
  readonly previous?: Promise<unknown>;
}

export interface StagedChunk {
  /** Drafts whose name and version were there before; the first one is taken. `ordinal` is the place in `drafts`. */
  readonly duplicates: readonly EntryFinding[];
  /** Drafts that were taken, changed or not. */
  readonly entries: number;
}

/** A draft beside what identifies it. */
interface KeyedDraft {
  readonly draft: EntryDraft;
  readonly ordinal: number;
  readonly key: string;
  readonly digest: Buffer;
}

/** What the source has under the key of a draft. */
interface KnownEntry {
  readonly id: string;
  readonly digest: Buffer;
  readonly live: boolean;
}

/**
 * Stages a chunk: new and changed drafts as they are, of the others only the fact that they were seen. Fails where the
 * chunk of this number is there already: another attempt of the same fetch is at work, and the later one has to look
 * again at how far the snapshot is (`stagedProgress`).
 */
export async function stageChunk(database: Database, staging: SnapshotChunk): Promise<StagedChunk> {
  const drafts = staging.chunk.drafts.map(keyed);
  const sorted = await sortOut(database.copyPool, staging, drafts);
  const rows = new StagedRows(staging.syncRunId, sorted.written);
  await staging.previous;
  await inTransaction(database, (client) => writeChunk(client, staging, { ...sorted, rows }));
  const taken = new Set(sorted.taken);
  return {
    duplicates: drafts.filter((draft) => !taken.has(draft)).map(duplicateFinding),
    entries: taken.size,
  };
}

function keyed(draft: EntryDraft, ordinal: number): KeyedDraft {
  return { draft, ordinal, key: keyOf(draft), digest: draftDigest(draft) };
}

/** What becomes of the drafts of a chunk. */
interface SortedDrafts {
  /** Those that are the first of their key in the snapshot. */
  readonly taken: readonly KeyedDraft[];
  /** Of the taken ones those that differ from what the source has. */
  readonly written: readonly KeyedDraft[];
  /** The ids of the live entries that the source has under the keys of the taken ones. */
  readonly seen: readonly string[];
}

async function sortOut(
  pool: pg.Pool,
  { sourceId, syncRunId, stagedKeys, previous }: SnapshotChunk,
  drafts: readonly KeyedDraft[],
): Promise<SortedDrafts> {
  const firsts = [...new Map(drafts.toReversed().map((draft) => [draft.key, draft])).values()].toReversed();
  const mayBeStaged = firsts.filter(({ key }) => stagedKeys?.mayHold(key) ?? true);
  for (const { key } of firsts) stagedKeys?.add(key);
  const known = await knownEntries(pool, sourceId, firsts);
  if (mayBeStaged.length > 0) await previous;
  const earlier = await keysStagedBefore(pool, syncRunId, { drafts: mayBeStaged, known });
  const taken = firsts.filter(({ key }) => !earlier.has(key));
  return {
    taken,
    written: taken.filter((draft) => !isUnchanged(draft, known.get(draft.key))),
    seen: taken.map(({ key }) => known.get(key)).flatMap((entry) => (entry?.live === true ? [entry.id] : [])),
  };
}

async function inTransaction(database: Database, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await database.copyPool.connect();
  let broken: Error | undefined;
  try {
    // Nothing depends on a chunk until it is applied, and that commit waits for the disk on behalf of this one too.
    const begun = client.query('begin; set local synchronous_commit = off');
    await Promise.all([begun, work(client)]);
    await client.query('commit');
  } catch (error) {
    // What state the connection is in after a COPY that failed half-way is not worth finding out.
    broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The statements are sent one behind the other, without waiting for what becomes of each. */
async function writeChunk(
  client: pg.PoolClient,
  staging: SnapshotChunk,
  chunk: SortedDrafts & { readonly rows: StagedRows },
): Promise<void> {
  const inserted = insertChunk(client, staging, chunk);
  if (chunk.written.length === 0) return await inserted;
  await Promise.all([inserted, chunk.rows.write(client)]);
  await giveClaims(client, staging.syncRunId, chunk.written);
}

/** NUL is in no name and no version, so that no two keys are the same by accident. */
function keyOf({ name, version }: Pick<EntryDraft, 'name' | 'version'>): string {
  return `${name}\0${version}`;
}

function isUnchanged({ digest }: KeyedDraft, known: KnownEntry | undefined): boolean {
  return known !== undefined && known.live && known.digest.equals(digest);
}

function duplicateFinding({ draft, ordinal }: KeyedDraft): EntryFinding {
  const { name, version } = draft;
  const reason = 'the snapshot has an entry of this name and version already; the first one is taken';
  return { severity: 'rejection', ordinal, location: null, name, version, reason };
}

type KeyRow = { readonly name: string; readonly version: string };

async function knownEntries(
  pool: pg.Pool,
  sourceId: string,
  drafts: readonly KeyedDraft[],
): Promise<Map<string, KnownEntry>> {
  const { rows } = await pool.query<KeyRow & KnownEntry>(
    // One index lookup per key, which a plain join is not while the table is new and has no statistics.
    `select key.name, key.version, known.id, known.digest, known.live
     from unnest($2::text[], $3::text[]) as key (name, version) cross join lateral (
       select id, digest, vanished_at is null as live from entry
       where source_id = $1 and name = key.name and version = key.version limit 1
     ) as known`,
    [sourceId, drafts.map(({ draft }) => draft.name), drafts.map(({ draft }) => draft.version)],
  );
  return new Map(rows.map((row) => [keyOf(row), row]));
}

/** The keys of the drafts that an earlier chunk of the snapshot holds. */
async function keysStagedBefore(
  pool: pg.Pool,
  syncRunId: string,
  { drafts, known }: { readonly drafts: readonly KeyedDraft[]; readonly known: ReadonlyMap<string, KnownEntry> },
): Promise<Set<string>> {
  if (drafts.length === 0) return new Set();
  const written = await pool.query<KeyRow>(
    `select key.name, key.version
     from unnest($2::text[], $3::text[]) as key (name, version) cross join lateral (
       select from snapshot_entry where sync_run_id = $1 and name = key.name and version = key.version limit 1
     ) as staged`,
    [syncRunId, drafts.map(({ draft }) => draft.name), drafts.map(({ draft }) => draft.version)],
  );
  const seen = await pool.query<{ id: string }>(
    `select seen.id from snapshot_chunk, unnest(snapshot_chunk.seen) as seen (id)
     where snapshot_chunk.sync_run_id = $1 and seen.id = any($2::bigint[])`,
    [syncRunId, drafts.flatMap(({ key }) => known.get(key)?.id ?? [])],
  );
  const seenIds = new Set(seen.rows.map((row) => row.id));
  const seenKeys = [...known].filter(([, entry]) => seenIds.has(entry.id)).map(([key]) => key);
  return new Set([...written.rows.map(keyOf), ...seenKeys]);
}

async function insertChunk(
  client: pg.PoolClient,
  { syncRunId, chunk }: SnapshotChunk,
  { taken, written, seen }: SortedDrafts,
): Promise<void> {
  const { rowCount } = await client.query(
    `insert into snapshot_chunk (sync_run_id, number, cursor, entries, staged, seen)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [syncRunId, chunk.number, chunk.cursor, taken.length, written.length, seen],
  );
  if (rowCount === 0) {
    throw new Error(
      `Chunk ${chunk.number} of the snapshot is staged already: another attempt of this fetch is at work.`,
    );
  }
}

/** Claims are stored by the transaction that uses them; hardly any draft has some. */
async function giveClaims(client: pg.PoolClient, syncRunId: string, drafts: readonly KeyedDraft[]): Promise<void> {
  const claimed = drafts.flatMap(({ draft: { name, version, claims } }) =>
    claims === undefined ? [] : [{ name, version, claims }],
  );
  if (claimed.length === 0) return;
  const claimSetIds = await storeClaimSets(
    client,
    claimed.map(({ claims }) => claims),
  );
  await client.query(
    `update snapshot_entry as staged set claim_set_id = given.claim_set_id
     from unnest($2::text[], $3::text[], $4::bigint[]) as given (name, version, claim_set_id)
     where staged.sync_run_id = $1 and staged.name = given.name and staged.version = given.version`,
    [syncRunId, claimed.map(({ name }) => name), claimed.map(({ version }) => version), claimSetIds],
  );
}
