import { hash } from 'node:crypto';
import { sql } from 'slonik';
import { z } from 'zod';
import type { EntryFinding } from '../../registry/entry.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { RollcallError } from '../../registry/failure.ts';
import { count, id, nothing, timestamp } from '../connection/schemas.ts';
import { discardSnapshot } from './snapshots.ts';
import { withoutNul } from '../connection/stored-text.ts';

/** As the actor limits it. */
const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;
/** Maximum number of stored findings per sync and severity. All of them are counted. */
export const MAX_FINDINGS = 1_000;

const syncRunRow = z.object({
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
  entries: z.number(),
  added: z.number(),
  changed: z.number(),
  removed: z.number(),
  rejected: z.number(),
  warnings: z.number(),
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
  /** Digest of the fetched definition. Null: nothing was fetched yet. */
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
      select id, ${run.number}, ${run.workflowId}, ${run.trigger}, ${clean(run.requestedBy ?? null)},
        ${clean(run.reason ?? null)}, ${forceRequestIsValid}
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
  /** How long the upstream asked to be left alone, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** Closes the record of a sync that wasn't applied, and deletes what it staged. A closed record doesn't change. */
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

const findingRow = z.object({
  severity: z.enum(['rejection', 'warning']),
  ordinal: z.number(),
  location: z.string().nullable(),
  name: z.string().nullable(),
  version: z.string().nullable(),
  reason: z.string(),
});

/** Maximum length of each listed text of a finding, in characters: an entry can have any name. */
const MAX_FINDING_TEXT = 2000;

/**
 * The findings of a sync in the order of its snapshot, rejections before warnings. `limit` and `offset` apply to each
 * severity.
 */
export async function listFindings(
  database: Database,
  query: { readonly syncRunId: string; readonly limit: number; readonly offset: number },
): Promise<readonly EntryFinding[]> {
  return await database.any(sql.type(findingRow)`
    select severity, finding.ordinal, left(location, ${MAX_FINDING_TEXT}) as location,
      left(name, ${MAX_FINDING_TEXT}) as name, left(version, ${MAX_FINDING_TEXT}) as version,
      left(reason, ${MAX_FINDING_TEXT}) as reason
    from (
      select *, row_number() over (partition by severity order by ordinal, reason) as place from sync_finding
      where sync_run_id = (select coalesce(findings_run_id, id) from sync_run where id = ${query.syncRunId})
    ) as finding left join (
      select located.* from sync_run, jsonb_each_text(finding_locations) as located (ordinal, location)
      where id = ${query.syncRunId}
    ) as located on located.ordinal = finding.ordinal::text
    where place > ${query.offset} and place <= ${query.offset + query.limit}
    order by severity, finding.ordinal, reason`);
}

const severityCountRow = z.object({ severity: z.enum(['rejection', 'warning']), kept: z.number() });

/**
 * Stores all findings of a sync, up to 1,000 per severity. If the previous sync had the same ones, only a reference to it
 * and the locations are stored: otherwise a source with a thousand warnings would write as many rows with every sync.
 */
export async function recordFindings(
  database: Database,
  syncRunId: string,
  findings: readonly EntryFinding[],
): Promise<void> {
  if (findings.length === 0) return;
  const digest = sql.binary(hash('sha256', JSON.stringify(findings.map(findingTuple)), 'buffer'));
  const { rowCount: shared } = await database.query(sql.type(nothing)`
    update sync_run set findings_digest = ${digest}, findings_run_id = same.id,
      finding_locations = ${locationsOf(findings)}::jsonb
    from (
      select coalesce(before.findings_run_id, before.id) as id, before.findings_digest as digest
      from sync_run as before join sync_run as run on run.source_id = before.source_id and before.number < run.number
      where run.id = ${syncRunId} and before.findings_digest is not null order by before.number desc limit 1
    ) as same
    where sync_run.id = ${syncRunId} and same.digest = ${digest}`);
  // Findings of an interrupted attempt.
  await database.query(sql.type(nothing)`delete from sync_finding where sync_run_id = ${syncRunId}`);
  if (shared > 0) return;
  await addFindings(database, syncRunId, findings);
  await database.query(sql.type(nothing)`
    update sync_run set findings_digest = ${digest} where id = ${syncRunId}`);
}

/** Adds findings to those of the sync, up to 1,000 per severity. Duplicates are ignored. */
export async function addFindings(
  database: Database,
  syncRunId: string,
  findings: readonly EntryFinding[],
): Promise<void> {
  if (findings.length === 0) return;
  const counts = await database.any(sql.type(severityCountRow)`
    select severity, count(*)::integer as kept from sync_finding where sync_run_id = ${syncRunId} group by severity`);
  const room = (severity: EntryFinding['severity']): number =>
    MAX_FINDINGS - (counts.find((row) => row.severity === severity)?.kept ?? 0);
  const kept = (['rejection', 'warning'] as const).flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity).slice(0, Math.max(0, room(severity))),
  );
  if (kept.length === 0) return;
  await database.query(sql.type(nothing)`
    insert into sync_finding (sync_run_id, ordinal, severity, name, version, reason)
    select ${syncRunId}, * from ${sql.unnest(kept.map(findingTuple), ['int4', 'text', 'text', 'text', 'text'])}
    on conflict do nothing`);
  await database.query(sql.type(nothing)`
    update sync_run set finding_locations = coalesce(finding_locations, '{}') || ${locationsOf(kept)}::jsonb
    where id = ${syncRunId}`);
}

function findingTuple(finding: EntryFinding): [number, string, string | null, string | null, string] {
  return [finding.ordinal, finding.severity, clean(finding.name), clean(finding.version), withoutNul(finding.reason)];
}

/** The locations of findings by their ordinals, as JSON text. */
function locationsOf(findings: readonly EntryFinding[]): string {
  const locations = findings.map(({ ordinal, location }) => [ordinal, clean(location)] as const);
  return JSON.stringify(Object.fromEntries(locations.filter(([, location]) => location !== null)));
}

function clean(text: string | null): string | null {
  return text === null ? null : withoutNul(text);
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
