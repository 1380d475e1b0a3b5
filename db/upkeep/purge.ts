import { sql } from 'slonik';
import { z } from 'zod';
import { purgeClaimSets } from '../claims/claim-sets.ts';
import { purgeAuditEvents } from './audit-events.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { lockRegistriesOf, raiseRevisions, refreshLatest, refreshOwners } from '../entries/ownership.ts';
import { id, nothing, timestamp } from '../connection/schemas.ts';
import { purgeSearchedTexts } from '../entries/searched-texts.ts';

export interface Retention {
  /** Milliseconds that the tombstone of a vanished entry is kept. Default 30 days. */
  readonly tombstonesMs?: number;
  /** Records of syncs that are kept of one source. Default 500. */
  readonly syncRuns?: number;
  /** Milliseconds that the record of a sync is kept. Default 90 days. */
  readonly syncRunsMs?: number;
  /** Milliseconds that a write request is kept after its outcome. Default 24 hours. */
  readonly writeRequestsMs?: number;
  /** Milliseconds that an audit event is kept, a day at least. Default 90 days. */
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
 * Drops what has been kept long enough: tombstones of vanished entries (those of managed sources stay: a deleted
 * version can't be published again), records of syncs but for the newest of each source, write requests that have
 * their outcome, what is staged of syncs that have ended, texts for searching that no entry has, and claims that
 * nothing has.
 */
export async function purge(database: Database, retention: Retention = {}): Promise<Purged> {
  const limits = { ...DEFAULT_RETENTION, ...retention };
  const tombstones = await purgeTombstones(database, limits.tombstonesMs);
  const syncRuns = await purgeSyncRuns(database, limits);
  const writeRequests = await purgeWriteRequests(database, limits.writeRequestsMs);
  const auditEvents = await purgeAuditEvents(database, limits.auditEventsMs);
  await purgeSnapshots(database);
  await purgeSearchedTexts(database);
  await purgeClaimSets(database);
  return { tombstones, syncRuns, writeRequests, auditEvents };
}

const sourceIdRow = z.object({ id });

async function purgeTombstones(database: Database, retentionMs: number): Promise<number> {
  const sourceIds = await database.pool.anyFirst(sql.type(sourceIdRow)`
    select distinct source_id as id from entry where vanished_at < ${ago(retentionMs)}`);
  let purged = 0;
  for (const sourceId of sourceIds) {
    purged += await database.pool.transaction(
      async (transaction) => await purgeTombstonesOf(transaction, sourceId, retentionMs),
    );
  }
  return purged;
}

const purgedRow = z.object({ name: z.string() });
const momentRow = z.object({ at: timestamp });

async function purgeTombstonesOf(transaction: Transaction, sourceId: string, retentionMs: number): Promise<number> {
  await transaction.query(sql.type(nothing)`select from source where id = ${sourceId} for no key update`);
  const names = await transaction.anyFirst(sql.type(purgedRow)`
    delete from entry where source_id = ${sourceId} and vanished_at < ${ago(retentionMs)} returning name`);
  if (names.length === 0) return 0;
  await transaction.query(sql.type(nothing)`
    delete from server_claims where source_id = ${sourceId} and name = any(${sql.array(names, 'text')})
    and not exists (select from entry where source_id = ${sourceId} and entry.name = server_claims.name)`);
  const at = await transaction.oneFirst(sql.type(momentRow)`select clock_timestamp() as at`);
  await refreshLatest(transaction, sourceId, names);
  const registryIds = await lockRegistriesOf(transaction, sourceId);
  await refreshOwners(transaction, registryIds, { sourceId, names, at });
  await raiseRevisions(transaction, registryIds);
  return names.length;
}

async function purgeSyncRuns(database: Database, limits: Required<Retention>): Promise<number> {
  const { rowCount } = await database.pool.query(sql.type(nothing)`
    delete from sync_run using (
      select id, row_number() over (partition by source_id order by number desc) as age from sync_run
    ) as ranked
    where sync_run.id = ranked.id and ranked.age > 1 and sync_run.ended_at is not null
    and (ranked.age > ${limits.syncRuns} or sync_run.ended_at < ${ago(limits.syncRunsMs)})
    and not exists (select from sync_run as later where later.findings_run_id = sync_run.id)`);
  return rowCount;
}

async function purgeWriteRequests(database: Database, retentionMs: number): Promise<number> {
  const { rowCount } = await database.pool.query(sql.type(nothing)`
    delete from write_request where completed_at < ${ago(retentionMs)}`);
  return rowCount;
}

async function purgeSnapshots(database: Database): Promise<void> {
  for (const table of ['snapshot_chunk', 'snapshot_rejection', 'snapshot_entry']) {
    await database.pool.query(sql.type(nothing)`
      delete from ${sql.identifier([table])} as staged
      where not exists (select from sync_run where sync_run.id = staged.sync_run_id and sync_run.ended_at is null)`);
  }
}

function ago(milliseconds: number) {
  return sql.fragment`now() - make_interval(secs => ${milliseconds / 1000})`;
}
