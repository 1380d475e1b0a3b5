import { sql } from 'slonik';
import { z } from 'zod';
import type { Database, Transaction } from '../connection/database.ts';
import { LONGEST_RETRY_AFTER_MS } from '../../pacing/backoff.ts';
import { RollcallError } from '../../registry/failure.ts';
import { count, id, nothing, timestamp } from '../connection/schemas.ts';
import { discardSnapshot } from './snapshots.ts';
import { textOrNull, withoutNul } from '../connection/stored-text.ts';

/** The counts of a sync. Parsing a whole record leaves the rest out. */
export const syncCounts = z.object({
  entries: z.number(),
  added: z.number(),
  changed: z.number(),
  removed: z.number(),
  rejected: z.number(),
  warnings: z.number(),
});

/** Also an output of the admin API. */
export const syncRunRow = z.object({
  id,
  sourceName: z.string(),
  number: z.number(),
  workflowId: z.string(),
  trigger: z.string(),
  requestedBy: z.string().nullable(),
  reason: z.string().nullable(),
  forced: z.boolean(),
  startedAt: timestamp,
  /** Null while the sync runs. */
  endedAt: timestamp.nullable(),
  outcome: z.enum(['changed', 'unchanged', 'failed', 'cancelled']).nullable(),
  upstreamRevision: z.string().nullable(),
  ...syncCounts.shape,
  failureType: z.string().nullable(),
  failureMessage: z.string().nullable(),
});
/** The record of one sync. */
export type SyncRunRow = z.infer<typeof syncRunRow>;

const syncRunColumns = sql.fragment`
  sync_run.id, source.name as "sourceName", sync_run.number, sync_run.workflow_id as "workflowId", sync_run.trigger,
  sync_run.requested_by as "requestedBy", sync_run.reason, sync_run.forced, sync_run.started_at as "startedAt",
  sync_run.ended_at as "endedAt", sync_run.outcome, sync_run.upstream_revision as "upstreamRevision", sync_run.entries,
  sync_run.added, sync_run.changed, sync_run.removed, sync_run.rejected, sync_run.warnings,
  sync_run.failure_type as "failureType", sync_run.failure_message as "failureMessage"`;

export interface NewSyncRun {
  readonly sourceName: string;
  /** Number of the sync within its source, starting at 1. */
  readonly number: number;
  readonly workflowId: string;
  readonly trigger: string;
  readonly requestedBy?: string | undefined;
  readonly reason?: string | undefined;
}

const openedRow = z.object({
  id,
  /** Whether the sync has ended. */
  hasEnded: z.boolean(),
  /** Digest of the fetched definition; null if nothing was fetched yet. */
  definitionDigest: z.string().nullable(),
  /**
   * Whether the previous sync has a record, or this is the first one. If not, the database was lost or restored from an
   * older backup, while Temporal continued to count.
   */
  isSuccessive: z.boolean(),
});
export type OpenedSyncRun = z.infer<typeof openedRow>;

/** Maximum gap between numbers, for syncs that couldn't be recorded. A larger gap could use up the numbers. */
const MAX_SKIPPED_NUMBERS = 100_000;
/** A request to override the removal guard expires after an hour. */
export const forceRequestIsValid = sql.fragment`
  coalesce(source.force_requested_at > now() - interval '1 hour', false)`;

/**
 * Opens the record of a sync, or finds the open one: a source has one record per number. A new record uses up the request
 * to override the removal guard. Returns null if the source doesn't exist.
 *
 * @throws RollcallError `SyncRefused` if the number can't be the next one
 */
export async function openSyncRun(database: Database, run: NewSyncRun): Promise<OpenedSyncRun | null> {
  return await database.transaction(async (transaction) => {
    await refuseImpossibleNumber(transaction, run);
    const isForced = await transaction.maybeOneFirst(sql.type(forcedRow)`
      insert into sync_run (source_id, number, workflow_id, trigger, requested_by, reason, forced)
      select id, ${run.number}, ${run.workflowId}, ${run.trigger}, ${textOrNull(run.requestedBy)},
        ${textOrNull(run.reason)}, ${forceRequestIsValid}
      from source where name = ${run.sourceName}
      on conflict (source_id, number) do nothing returning forced`);
    if (isForced === true) {
      await transaction.query(sql.type(nothing)`
        update source set force_requested_at = null where name = ${run.sourceName}`);
    }
    return await transaction.maybeOne(sql.type(openedRow)`
      select sync_run.id, ended_at is not null as "hasEnded", definition_digest as "definitionDigest",
        number = 1 or exists (
          select from sync_run as before where before.source_id = sync_run.source_id
          and before.number = sync_run.number - 1
        ) as "isSuccessive"
      from sync_run join source on source.id = sync_run.source_id
      where source.name = ${run.sourceName} and sync_run.number = ${run.number}`);
  });
}

const forcedRow = z.object({ forced: z.boolean() });
const newestRow = z.object({ newest: z.number() });

async function refuseImpossibleNumber(transaction: Transaction, { sourceName, number }: NewSyncRun): Promise<void> {
  const newest = await transaction.oneFirst(sql.type(newestRow)`
    select coalesce(max(number), 0) as newest from sync_run join source on source.id = sync_run.source_id
    where source.name = ${sourceName}`);
  if (Number.isInteger(number) && number >= 1 && number <= newest + MAX_SKIPPED_NUMBERS) return;
  throw new RollcallError('SyncRefused', `${number} can't be the number of a sync of ${sourceName} after ${newest}`);
}

export interface SyncRunFailure {
  readonly outcome: 'failed' | 'cancelled';
  readonly type: string;
  readonly message: string;
  /** How long the upstream asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** Closes the record of a sync that wasn't applied, and deletes its staged data. A closed record doesn't change. */
export async function closeFailedSyncRun(
  database: Database,
  syncRunId: string,
  failure: SyncRunFailure,
): Promise<void> {
  const { retryAfterMs } = failure;
  // Null, not `least`, when the upstream didn't ask: `least` in SQL ignores null.
  const waitMs = retryAfterMs === undefined ? null : Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS);
  await database.query(sql.type(nothing)`
    update sync_run set ended_at = now(), outcome = ${failure.outcome}, failure_type = ${failure.type},
      failure_message = ${withoutNul(failure.message)}, fetched = null,
      retry_after = now() + ${waitMs}::float8 * interval '1 ms'
    where id = ${syncRunId} and ended_at is null`);
  await discardSnapshot(database, syncRunId);
}

/** The syncs of a source, newest first. `before` is the last number of the previous page. */
export async function listSyncRuns(
  database: Database,
  query: { readonly sourceName: string; readonly limit: number; readonly before?: number | undefined },
): Promise<readonly SyncRunRow[]> {
  const older = query.before === undefined ? sql.fragment`true` : sql.fragment`sync_run.number < ${query.before}`;
  return await database.any(sql.type(syncRunRow)`
    select ${syncRunColumns} from sync_run join source on source.id = sync_run.source_id
    where source.name = ${query.sourceName} and ${older}
    order by sync_run.number desc limit ${query.limit}`);
}

/** The newest ended syncs of these sources that changed something or failed. */
export async function listRecentSyncRuns(
  database: Database,
  { sourceIds, limit }: { readonly sourceIds: readonly string[]; readonly limit: number },
): Promise<readonly SyncRunRow[]> {
  return await database.any(sql.type(syncRunRow)`
    select ${syncRunColumns} from source cross join lateral (
      select * from sync_run where sync_run.source_id = source.id and outcome in ('changed', 'failed')
      order by number desc limit ${limit}
    ) as sync_run
    where source.id = any(${sql.array(sourceIds, 'int8')})
    order by sync_run.ended_at desc limit ${limit}`);
}

/** One sync of a source, by its number. */
export async function findSyncRun(
  database: Database,
  key: { readonly sourceName: string; readonly number: number },
): Promise<SyncRunRow | null> {
  return await database.maybeOne(sql.type(syncRunRow)`
    select ${syncRunColumns} from sync_run join source on source.id = sync_run.source_id
    where source.name = ${key.sourceName} and sync_run.number = ${key.number}`);
}

const endedSyncRunRow = syncRunRow
  .omit({ outcome: true })
  .extend({ outcome: z.enum(syncRunRow.shape.outcome.unwrap().options), kind: z.string(), durationMs: count });
/** The record of a sync that has ended, with the kind of its source. */
export type EndedSyncRunRow = z.infer<typeof endedSyncRunRow>;

/** The record of an ended sync; null if the source is gone, or if the sync hasn't ended. */
export async function findEndedSyncRun(
  database: Database,
  key: { readonly sourceName: string; readonly number: number },
): Promise<EndedSyncRunRow | null> {
  return await database.maybeOne(sql.type(endedSyncRunRow)`
    select ${syncRunColumns}, source.kind, round(extract(epoch from ended_at - started_at) * 1000) as "durationMs"
    from sync_run join source on source.id = sync_run.source_id
    where source.name = ${key.sourceName} and sync_run.number = ${key.number} and ended_at is not null`);
}

/** The newest sync of each of these sources, if it has one. */
export async function listNewestSyncRuns(
  database: Database,
  sourceIds: readonly string[],
): Promise<readonly SyncRunRow[]> {
  return await database.any(sql.type(syncRunRow)`
    select ${syncRunColumns} from source cross join lateral (
      select * from sync_run where sync_run.source_id = source.id order by number desc limit 1
    ) as sync_run
    where source.id = any(${sql.array(sourceIds, 'int8')})`);
}

const failureStreakRow = z.object({ sourceId: id, failures: count, lastSuccessAt: timestamp.nullable() });
/** Failed syncs of a source since its last successful one. */
export type FailureStreak = Pick<z.infer<typeof failureStreakRow>, 'failures' | 'lastSuccessAt'>;

/** Returns the failure streaks of sources by source id, in one query. Sources without a sync are missing. */
export async function listFailureStreaks(
  database: Database,
  sourceIds: readonly string[],
): Promise<ReadonlyMap<string, FailureStreak>> {
  const rows = await database.any(sql.type(failureStreakRow)`
    with success as (
      select source_id, max(number) as number from sync_run
      where source_id = any(${sql.array(sourceIds, 'int8')}) and outcome in ('changed', 'unchanged') group by source_id
    )
    select sync_run.source_id as "sourceId", count(*) filter (where sync_run.outcome = 'failed') as failures,
      max(sync_run.ended_at) filter (where sync_run.number = success.number) as "lastSuccessAt"
    from sync_run left join success using (source_id)
    where sync_run.source_id = any(${sql.array(sourceIds, 'int8')}) and sync_run.number >= coalesce(success.number, 0)
    group by sync_run.source_id`);
  return new Map(rows.map(({ sourceId, ...streak }) => [sourceId, streak]));
}
