/** Removes the entries that a complete snapshot of their source lacks. */
import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { ENTRY_KINDS, kindOfName, type SkillKind } from '../../registry/entry-kind.ts';
import type { Transaction } from '../connection/database.ts';
import { count, id, nothing } from '../connection/schemas.ts';
import { assertRemovalIsMeant, type RemovalRules } from './removal-guard.ts';
import { recordRemovals } from './sync-changes.ts';

/** Status message of an entry that is no longer in its source. */
export const VANISHED_MESSAGE = 'no longer in its source';

const liveRow = z.object({ kind: z.enum(ENTRY_KINDS), live: count });
const vanishingRow = z.object({ id, name: z.string(), tags: z.array(z.string()) });
type VanishingEntry = z.infer<typeof vanishingRow>;

interface CompleteSnapshot extends RemovalRules {
  readonly syncRunId: string;
  /** Kinds of entries that the upstream doesn't list. They are only removed with `force`. Default: none. */
  readonly absentKinds?: readonly SkillKind[] | undefined;
}

/** Entries that were rejected in this snapshot are still in the source, so their existing versions stay unchanged. */
function wasRejected({ syncRunId }: CompleteSnapshot): FragmentSqlToken {
  return sql.fragment`exists (
    select from snapshot_rejection as rejected where rejected.sync_run_id = ${syncRunId}
    and rejected.name = entry.name and (rejected.version is null or rejected.version = entry.version)
  )`;
}

function isListed({ absentKinds = [], force }: CompleteSnapshot): FragmentSqlToken {
  return force ? sql.fragment`true` : sql.fragment`entry.kind <> all(${sql.array([...absentKinds], 'text')})`;
}

/**
 * Turns the entries that the snapshot lacks into tombstones, and returns them.
 *
 * @param source the (locked) source, and the time for all rows that change
 * @param staged the numbers of entries in the snapshot, and of existing ones that were seen in it
 * @throws RollcallError `EmptySnapshot` or `RemovalGuard`
 */
export async function removeVanished(
  transaction: Transaction,
  source: { readonly id: string; readonly at: string },
  {
    snapshot,
    staged,
  }: { readonly snapshot: CompleteSnapshot; readonly staged: { readonly entries: number; readonly seen: number } },
): Promise<readonly VanishingEntry[]> {
  const live = await transaction.any(sql.type(liveRow)`
    select kind, count(*) as live from entry where source_id = ${source.id} and vanished_at is null group by kind`);
  if (live.reduce((sum, ofKind) => sum + ofKind.live, 0) === staged.seen) return [];
  const vanishing = await transaction.any(sql.type(vanishingRow)`
    select id, name, tags from entry where source_id = ${source.id} and vanished_at is null and not exists (
      select from snapshot_chunk, unnest(snapshot_chunk.seen) as seen (id)
      where snapshot_chunk.sync_run_id = ${snapshot.syncRunId} and seen.id = entry.id
    ) and not ${snapshot.authoritative === true ? sql.fragment`false` : wasRejected(snapshot)}
    and ${isListed(snapshot)}`);
  if (!snapshot.force && snapshot.authoritative !== true) {
    // A kind is guarded by itself: losing all skills may be a small share of all entries.
    for (const ofKind of live) {
      const removed = vanishing.filter(({ name }) => kindOfName(name) === ofKind.kind);
      assertRemovalIsMeant({ ...ofKind, vanishing: removed, entries: staged.entries }, snapshot);
    }
  }
  const ids = vanishing.map((entry) => entry.id);
  await recordRemovals(transaction, snapshot.syncRunId, ids);
  await buryEntries(transaction, ids, source.at);
  return vanishing;
}

/** Turns entries into tombstones. Entries that the source already marked as deleted only get a `vanished_at`. */
async function buryEntries(transaction: Transaction, ids: readonly string[], at: string): Promise<void> {
  await transaction.query(sql.type(nothing)`
    update entry set status = 'deleted', status_message = ${VANISHED_MESSAGE}, status_changed_at = ${at},
      updated_at = ${at}, changed_at = ${at}, vanished_at = ${at}
    where id = any(${sql.array(ids, 'int8')}) and status <> 'deleted'`);
  await transaction.query(sql.type(nothing)`
    update entry set vanished_at = ${at} where id = any(${sql.array(ids, 'int8')}) and vanished_at is null`);
}
