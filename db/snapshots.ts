import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { sql } from 'slonik';
import { z } from 'zod';
import { draftDigest } from '../registry/draft.ts';
import type { EntryDraft, EntryFinding } from '../registry/entry.ts';
import { versionOrder } from '../registry/versions.ts';
import { storeClaimSets } from './claim-sets.ts';
import type { Database } from './connection.ts';
import { copyRow } from './copy-text.ts';
import type { KeyFilter } from './key-filter.ts';
import { count, nothing } from './schemas.ts';
import { searchText } from './search-text.ts';
import { addSearchedTexts } from './searched-texts.ts';
import { isStorable } from './stored-text.ts';

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
  const client = await database.copyPool.connect();
  let broken: Error | undefined;
  try {
    // Nothing depends on a chunk until it is applied, and that commit waits for the disk on behalf of this one too.
    await client.query('begin; set local synchronous_commit = off');
    const staged = await stageInTransaction(client, staging);
    await client.query('commit');
    for (const draft of staging.chunk.drafts) staging.stagedKeys?.add(keyOf(draft));
    return staged;
  } catch (error) {
    // What state the connection is in after a COPY that failed half-way is not worth finding out.
    broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.release(broken);
  }
}

async function stageInTransaction(client: pg.PoolClient, staging: SnapshotChunk): Promise<StagedChunk> {
  const drafts = staging.chunk.drafts.map((draft, ordinal) => ({ draft, ordinal, digest: draftDigest(draft) }));
  const firsts = [...new Map(drafts.toReversed().map((keyed) => [keyOf(keyed.draft), keyed])).values()].toReversed();
  const known = await knownEntries(client, staging.sourceId, firsts);
  const mayBeStaged = firsts.filter(({ draft }) => staging.stagedKeys?.mayHold(keyOf(draft)) ?? true);
  const earlier = await stagedKeys(client, staging.syncRunId, { drafts: mayBeStaged, known });

  const taken = firsts.filter(({ draft }) => !earlier.has(keyOf(draft)));
  const written = taken.filter((keyed) => !isUnchanged(keyed, known.get(keyOf(keyed.draft))));
  const seen = taken.map(({ draft }) => known.get(keyOf(draft))).filter((entry) => entry?.live === true);

  await insertChunk(client, staging, {
    entries: taken.length,
    staged: written.length,
    seen: seen.map((entry) => entry?.id),
  });
  await copyEntries(client, staging.syncRunId, written);
  if (written.length > 0) {
    await addSearchedTexts(
      client,
      written.map(({ draft }) => draft),
    );
  }
  const takenDrafts = new Set(taken);
  return {
    duplicates: drafts.filter((keyed) => !takenDrafts.has(keyed)).map(duplicateFinding),
    entries: taken.length,
  };
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
  return { severity: 'rejection', ordinal, name, version, reason };
}

type KeyRow = { readonly name: string; readonly version: string };

async function knownEntries(
  client: pg.PoolClient,
  sourceId: string,
  drafts: readonly KeyedDraft[],
): Promise<Map<string, KnownEntry>> {
  const { rows } = await client.query<KeyRow & KnownEntry>(
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
async function stagedKeys(
  client: pg.PoolClient,
  syncRunId: string,
  { drafts, known }: { readonly drafts: readonly KeyedDraft[]; readonly known: ReadonlyMap<string, KnownEntry> },
): Promise<Set<string>> {
  if (drafts.length === 0) return new Set();
  const written = await client.query<KeyRow>(
    `select key.name, key.version
     from unnest($2::text[], $3::text[]) as key (name, version) cross join lateral (
       select from snapshot_entry where sync_run_id = $1 and name = key.name and version = key.version limit 1
     ) as staged`,
    [syncRunId, drafts.map(({ draft }) => draft.name), drafts.map(({ draft }) => draft.version)],
  );
  const seen = await client.query<{ id: string }>(
    `select seen.id from snapshot_chunk, unnest(snapshot_chunk.seen) as seen (id)
     where snapshot_chunk.sync_run_id = $1 and seen.id = any($2::bigint[])`,
    [syncRunId, drafts.flatMap(({ draft }) => known.get(keyOf(draft))?.id ?? [])],
  );
  const seenIds = new Set(seen.rows.map((row) => row.id));
  const seenKeys = [...known].filter(([, entry]) => seenIds.has(entry.id)).map(([key]) => key);
  return new Set([...written.rows.map(keyOf), ...seenKeys]);
}

async function insertChunk(
  client: pg.PoolClient,
  { syncRunId, chunk }: SnapshotChunk,
  counts: { readonly entries: number; readonly staged: number; readonly seen: readonly (string | undefined)[] },
): Promise<void> {
  const { rowCount } = await client.query(
    `insert into snapshot_chunk (sync_run_id, number, cursor, entries, staged, seen)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [syncRunId, chunk.number, chunk.cursor, counts.entries, counts.staged, counts.seen],
  );
  if (rowCount === 0) {
    throw new Error(
      `Chunk ${chunk.number} of the snapshot is staged already: another attempt of this fetch is at work.`,
    );
  }
}

async function copyEntries(client: pg.PoolClient, syncRunId: string, drafts: readonly KeyedDraft[]): Promise<void> {
  if (drafts.length === 0) return;
  const claimSetIds = await storeClaimSets(
    client,
    drafts.map(({ draft }) => draft.claims ?? null),
  );
  const copy = client.query(
    copyFrom(`copy snapshot_entry (sync_run_id, name, version, version_order, document, digest, title, description, tags,
      search_text, status, status_message, status_changed_at, published_at, updated_at, claim_set_id) from stdin`),
  );
  const rows = drafts.map((keyed, index) => ({ keyed, claimSetId: claimSetIds[index] ?? null }));
  await pipeline(Readable.from(copyRows(syncRunId, rows), { objectMode: false }), copy);
}

/** Characters that are sent at once: a write for each row costs more than the row. */
const COPY_LENGTH = 128 * 1024;

function* copyRows(
  syncRunId: string,
  rows: Iterable<{ readonly keyed: KeyedDraft; readonly claimSetId: string | null }>,
): Generator<string> {
  let together = '';
  for (const { keyed, claimSetId } of rows) {
    together += copyRow([syncRunId, ...entryColumns(keyed), claimSetId]);
    if (together.length < COPY_LENGTH) continue;
    yield together;
    together = '';
  }
  yield together;
}

function entryColumns({ draft, digest }: KeyedDraft): Parameters<typeof copyRow>[0] {
  return [
    draft.name,
    draft.version,
    versionOrder(draft.version),
    draft.document,
    digest,
    draft.title,
    draft.description,
    draft.tags,
    searchText(draft),
    draft.status,
    draft.statusMessage,
    draft.statusChangedAt,
    draft.publishedAt,
    draft.updatedAt,
  ];
}

/**
 * Notes which servers a snapshot has entries of that were rejected, so that applying it does not take them for gone: what
 * is served of them stays. A rejection without a version stands for all versions of its name.
 */
export async function stageRejections(
  database: Database,
  syncRunId: string,
  rejections: readonly Pick<EntryFinding, 'name' | 'version'>[],
): Promise<void> {
  const keys = rejections.flatMap(({ name, version }): [string, string | null][] =>
    name !== null && isStorable(name) && (version === null || isStorable(version)) ? [[name, version]] : [],
  );
  if (keys.length === 0) return;
  await database.pool.query(sql.type(nothing)`
    insert into snapshot_rejection (sync_run_id, name, version)
    select ${syncRunId}, * from ${sql.unnest(keys, ['text', 'text'])}`);
}

const progressRow = z.object({ chunks: count, entries: count, cursor: z.string().nullable() });

/** How far the staging of a sync is, for a fetch that goes on where another attempt stopped; null: nothing is staged. */
export async function stagedProgress(
  database: Database,
  syncRunId: string,
): Promise<{ readonly chunks: number; readonly entries: number; readonly cursor: string | null } | null> {
  const progress = await database.pool.one(sql.type(progressRow)`
    select count(*) as chunks, coalesce(sum(entries), 0) as entries, (array_agg(cursor order by number desc))[1] as cursor
    from snapshot_chunk where sync_run_id = ${syncRunId}`);
  return progress.chunks === 0 ? null : progress;
}

/** Drops what a sync has staged, so that its fetch can begin again. */
export async function discardSnapshot(database: Database, syncRunId: string): Promise<void> {
  await database.pool.transaction(async (transaction) => {
    await transaction.query(sql.type(nothing)`delete from snapshot_chunk where sync_run_id = ${syncRunId}`);
    await transaction.query(sql.type(nothing)`delete from snapshot_rejection where sync_run_id = ${syncRunId}`);
    await transaction.query(sql.type(nothing)`delete from snapshot_entry where sync_run_id = ${syncRunId}`);
  });
}
