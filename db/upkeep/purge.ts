import { sql } from 'slonik';
import { z } from 'zod';
import { purgeClaimSets } from '../claims/claim-sets.ts';
import { purgeContents } from '../contents/stored-contents.ts';
import { purgeAuditEvents } from './audit-events.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { currentTime, lockSource, showChange } from '../entries/ownership.ts';
import { id, nothing } from '../connection/schemas.ts';
import { purgeSnapshots } from '../syncs/snapshots.ts';
import { purgeSearchedTexts } from '../entries/searched-texts.ts';

export interface Retention {
  /** How long tombstones of vanished entries are kept, in milliseconds. Default 30 days. */
  readonly tombstonesMs?: number;
  /** Number of sync records that are kept per source. Default 500. */
  readonly syncRuns?: number;
  /** How long sync records are kept, in milliseconds. Default 90 days. */
  readonly syncRunsMs?: number;
  /** How long write requests are kept after their outcome, in milliseconds. Default 24 hours. */
  readonly writeRequestsMs?: number;
  /** How long audit events are kept, in milliseconds, at least a day. Default 90 days. */
  readonly auditEventsMs?: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEFAULT_RETENTION: Required<Retention> = {
  tombstonesMs: 30 * DAY_MS,
  syncRuns: 500,
  syncRunsMs: 90 * DAY_MS,
  writeRequestsMs: 24 * HOUR_MS,
  auditEventsMs: 90 * DAY_MS,
};

export interface Purged {
  readonly tombstones: number;
  readonly syncRuns: number;
  readonly writeRequests: number;
  readonly auditEvents: number;
}

/**
 * Deletes data that is older than its retention: tombstones of vanished entries (but not of managed sources, because a
 * deleted version can't be published again), sync records except each source's newest one and newest success, and
 * completed write requests. Also deletes the staged data of ended syncs, search texts and contents of no entry, and
 * unused claim sets.
 */
export async function purge(database: Database, retention: Retention = {}): Promise<Purged> {
  const limits = { ...DEFAULT_RETENTION, ...retention };
  const tombstones = await purgeTombstones(database, limits.tombstonesMs);
  const syncRuns = await purgeSyncRuns(database, limits);
  const writeRequests = await purgeWriteRequests(database, limits.writeRequestsMs);
  const auditEvents = await purgeAuditEvents(database, limits.auditEventsMs);
  await purgeSnapshots(database);
  await purgeSearchedTexts(database);
  await purgeContents(database);
  await purgeClaimSets(database);
  return { tombstones, syncRuns, writeRequests, auditEvents };
}

const sourceIdRow = z.object({ id });

async function purgeTombstones(database: Database, retentionMs: number): Promise<number> {
  const sourceIds = await database.anyFirst(sql.type(sourceIdRow)`
    select distinct source_id as id from entry where vanished_at < ${ago(retentionMs)}`);
  let purged = 0;
  for (const sourceId of sourceIds) {
    purged += await database.transaction(
      async (transaction) => await purgeTombstonesOf(transaction, sourceId, retentionMs),
    );
  }
  return purged;
}

const purgedRow = z.object({ name: z.string() });

async function purgeTombstonesOf(transaction: Transaction, sourceId: string, retentionMs: number): Promise<number> {
  await lockSource(transaction, sql.fragment`id = ${sourceId}`);
  const names = await transaction.anyFirst(sql.type(purgedRow)`
    delete from entry where source_id = ${sourceId} and vanished_at < ${ago(retentionMs)} returning name`);
  if (names.length === 0) return 0;
  await transaction.query(sql.type(nothing)`
    delete from server_claims where source_id = ${sourceId} and name = any(${sql.array(names, 'text')})
    and not exists (select from entry where source_id = ${sourceId} and entry.name = server_claims.name)`);
  const at = await currentTime(transaction);
  await showChange(transaction, { sourceId, names, at });
  return names.length;
}

async function purgeSyncRuns(database: Database, limits: Required<Retention>): Promise<number> {
  const { rowCount } = await database.query(sql.type(nothing)`
    delete from sync_run using (
      select id, row_number() over (partition by source_id order by number desc) as age,
        max(number) filter (where outcome in ('changed', 'unchanged')) over (partition by source_id) as success
      from sync_run
    ) as ranked
    where sync_run.id = ranked.id and ranked.age > 1 and sync_run.number is distinct from ranked.success
    and sync_run.ended_at is not null
    and (ranked.age > ${limits.syncRuns} or sync_run.ended_at < ${ago(limits.syncRunsMs)})
    and not exists (select from sync_run as later where later.findings_run_id = sync_run.id)`);
  return rowCount;
}

async function purgeWriteRequests(database: Database, retentionMs: number): Promise<number> {
  const { rowCount } = await database.query(sql.type(nothing)`
    delete from write_request where completed_at < ${ago(retentionMs)}`);
  return rowCount;
}

function ago(milliseconds: number) {
  return sql.fragment`now() - make_interval(secs => ${milliseconds / 1000})`;
}
