import { sql } from 'slonik';
import { z } from 'zod';
import { draftDigest } from '../../registry/document/draft.ts';
import type { EntryDraft, EntryFinding } from '../../registry/entry.ts';
import { versionOrder } from '../../registry/versions.ts';
import { storeClaimSets } from '../claims/claim-sets.ts';
import { copyLine } from '../connection/copy-text.ts';
import { stageFiles } from '../contents/entry-files.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { id, nothing } from '../connection/schemas.ts';
import { searchText } from '../entries/search-text.ts';
import { addSearchedTexts } from '../entries/searched-texts.ts';

/** A part of a snapshot, staged in one transaction. */
export interface SnapshotChunk {
  readonly syncRunId: string;
  readonly sourceId: string;
  /** Counts the chunks of the snapshot, starting at 0. */
  readonly number: number;
  /** The cursor from which a paged fetch continues after this chunk. */
  readonly cursor: string | null;
  readonly drafts: readonly EntryDraft[];
}

export interface StagedChunk {
  /** Drafts whose name and version occurred before. The first one is used. `ordinal` is the index in `drafts`. */
  readonly duplicates: readonly EntryFinding[];
  /** Number of drafts that were used, changed or not. */
  readonly entries: number;
}

/** A draft with its key. */
interface KeyedDraft {
  readonly draft: EntryDraft;
  readonly ordinal: number;
  readonly key: string;
  readonly digest: Buffer;
}

/**
 * Stages a chunk: new and changed drafts completely, and of unchanged ones only the fact that they were seen.
 *
 * @throws Error if the chunk with this number has been staged already, by another attempt of the same fetch. The later
 *   attempt must look again how far the snapshot is (`stagedProgress`).
 */
export async function stageChunk(database: Database, chunk: SnapshotChunk): Promise<StagedChunk> {
  const drafts = chunk.drafts.map(keyed);
  return await database.transaction(async (transaction) => {
    // Nothing depends on a chunk until it is applied, and that commit waits for the disk on behalf of this one too.
    await transaction.command('set local synchronous_commit = off');
    const sorted = await sortOut(transaction, chunk, drafts);
    await insertChunk(transaction, chunk, sorted);
    if (sorted.written.length > 0) await writeDrafts(transaction, chunk.syncRunId, sorted.written);
    const taken = new Set(sorted.taken);
    return {
      duplicates: drafts.filter((draft) => !taken.has(draft)).map(duplicateFinding),
      entries: taken.size,
    };
  });
}

function keyed(draft: EntryDraft, ordinal: number): KeyedDraft {
  return { draft, ordinal, key: keyOf(draft), digest: draftDigest(draft) };
}

/** Names and versions contain no NUL, so two keys are equal only if both are. */
function keyOf({ name, version }: Pick<EntryDraft, 'name' | 'version'>): string {
  return `${name}\0${version}`;
}

function duplicateFinding({ draft, ordinal }: KeyedDraft): EntryFinding {
  const { name, version } = draft;
  const reason = 'the snapshot already has an entry with this name and version; the first one is used';
  return { severity: 'rejection', ordinal, location: null, name, version, reason };
}

interface SortedDrafts {
  /** The first draft of each key in the snapshot. */
  readonly taken: readonly KeyedDraft[];
  /** Used drafts that differ from the entries of the source. */
  readonly written: readonly KeyedDraft[];
  /** Ids of the source's live entries under the keys of the taken drafts. */
  readonly seen: readonly string[];
}

const knownRow = z.object({
  name: z.string(),
  version: z.string(),
  /** The entry of the source; null if there is none. */
  id: id.nullable(),
  digest: z.instanceof(Buffer).nullable(),
  isLive: z.boolean().nullable(),
  isStaged: z.boolean(),
});

/**
 * Looks up the existing entries with these keys. `limit 1` makes the planner use an index while a table has no
 * statistics.
 */
async function sortOut(
  transaction: Transaction,
  { sourceId, syncRunId }: SnapshotChunk,
  drafts: readonly KeyedDraft[],
): Promise<SortedDrafts> {
  const firsts = [...new Map(drafts.toReversed().map((draft) => [draft.key, draft])).values()].toReversed();
  const keys = firsts.map(({ draft }) => [draft.name, draft.version]);
  const rows = await transaction.any(sql.type(knownRow)`
    select key.name, key.version, known.id, known.digest, known.vanished_at is null as "isLive",
      (staged.name is not null or known.id in (
        select unnest(seen) from snapshot_chunk where sync_run_id = ${syncRunId}
      )) is true as "isStaged"
    from ${sql.unnest(keys, ['text', 'text'])} as key (name, version)
    left join lateral (
      select id, digest, vanished_at from entry
      where source_id = ${sourceId} and name = key.name and version = key.version limit 1
    ) as known on true
    left join lateral (
      select name from snapshot_entry
      where sync_run_id = ${syncRunId} and name = key.name and version = key.version limit 1
    ) as staged on true
    where known.id is not null or staged.name is not null`);
  const known = new Map(rows.map((row) => [keyOf(row), row]));
  const taken = firsts.filter(({ key }) => known.get(key)?.isStaged !== true);
  return {
    taken,
    written: taken.filter(({ key, digest }) => {
      const entry = known.get(key);
      return entry?.isLive !== true || entry.digest?.equals(digest) !== true;
    }),
    seen: taken.flatMap(({ key }) => {
      const entry = known.get(key);
      return entry?.id != null && entry.isLive === true ? [entry.id] : [];
    }),
  };
}

async function insertChunk(
  transaction: Transaction,
  { syncRunId, number, cursor }: SnapshotChunk,
  { taken, written, seen }: SortedDrafts,
): Promise<void> {
  const { rowCount } = await transaction.query(sql.type(nothing)`
    insert into snapshot_chunk (sync_run_id, number, cursor, entries, staged, seen)
    values (${syncRunId}, ${number}, ${cursor}, ${taken.length}, ${written.length}, ${sql.array([...seen], 'int8')})
    on conflict do nothing`);
  if (rowCount === 0) {
    throw new Error(`Chunk ${number} of the snapshot was staged already by another attempt of this fetch`);
  }
}

async function writeDrafts(transaction: Transaction, syncRunId: string, drafts: readonly KeyedDraft[]): Promise<void> {
  const claimSetIds = await storeClaimSets(
    transaction,
    drafts.map(({ draft }) => draft.claims ?? null),
  );
  const texts = drafts.map(({ draft: { name }, draft }) => ({ name, text: searchText(draft) }));
  const lines = drafts.map(({ draft, digest }, index) =>
    copyLine([
      syncRunId,
      draft.name,
      draft.version,
      versionOrder(draft.version),
      draft.document,
      digest,
      draft.title,
      draft.description,
      draft.tags,
      texts[index]!.text,
      draft.status,
      draft.statusMessage,
      draft.statusChangedAt,
      draft.publishedAt,
      draft.updatedAt,
      draft.isUpstreamLatest === true,
      claimSetIds[index] ?? null,
    ]),
  );
  await transaction.copy(
    `copy snapshot_entry (sync_run_id, name, version, version_order, document, digest, title, description, tags,
      search_text, status, status_message, status_changed_at, published_at, updated_at, upstream_latest, claim_set_id)
     from stdin`,
    lines,
  );
  await addSearchedTexts(transaction, texts);
  await stageFiles(
    transaction,
    syncRunId,
    drafts.flatMap(({ draft: { name, version, files } }) => (files === undefined ? [] : [{ name, version, files }])),
  );
}
