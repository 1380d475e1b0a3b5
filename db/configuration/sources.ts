import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { ENTRY_KINDS, type EntryKind } from '../../registry/entry-kind.ts';
import type { Claims } from '../../registry/claims.ts';
import { MANAGED, type SourceDefinition } from '../../registry/source-definition.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { lockRegistriesOf, lockSource, raiseRevisions, rebuildOwners } from '../entries/ownership.ts';
import { count, id, nothing, timestamp } from '../connection/schemas.ts';
import { forceRequestIsValid, listNewestSyncRuns, type SyncRunRow } from '../syncs/sync-runs.ts';
import { isVisible, type Visibility } from '../claims/visibility.ts';

const sourceRow = z.object({
  id,
  name: z.string(),
  kind: z.string(),
  /** Whether the configuration file or the admin API defines it. */
  origin: z.enum(['file', 'api']),
  definition: z.custom<SourceDefinition>(),
  /** Claims required for seeing the source, and its entries without claims of their own; null if there are none. */
  claims: z.custom<Claims>().nullable(),
  /**
   * When the source was removed from the configuration; null if it is part of it. A detached source isn't served, and
   * its actor must be retired. A managed one keeps its entries; others are deleted.
   */
  detachedAt: timestamp.nullable(),
  /** State of the last applied fetch, for the next check. With null, the next fetch reads everything. */
  fetchState: z.unknown(),
  /** The registry document's members other than entries, as JSON text. */
  envelope: z.string().nullable(),
  nextSyncNumber: z.number(),
  /** Whether an operator paused it, so that only a message starts a sync. */
  paused: z.boolean(),
  /** Whether an operator recently requested a sync that overrides the removal guard. */
  isForceRequested: z.boolean(),
  /** Whether an operator deleted the source with everything published to it. */
  isEraseRequested: z.boolean(),
  createdAt: timestamp,
  /** When its definition or its claims last changed. */
  updatedAt: timestamp,
});

/** A source with its newest sync, which may be running. */
export type SourceRow = z.infer<typeof sourceRow> & { readonly lastRun: SyncRunRow | null };

/** All sources by name, including detached ones. */
export async function listSources(database: Database): Promise<readonly SourceRow[]> {
  return await selectSources(database, sql.fragment`true`);
}

/**
 * The members other than entries of the documents of a registry's sources, as JSON texts in the order of the sources.
 * Entries of these sources have the claims of the source.
 */
export async function listEnvelopes(
  transaction: Transaction,
  { registryId, visibility }: { readonly registryId: string; readonly visibility: Visibility },
): Promise<readonly string[]> {
  return await transaction.anyFirst(sql.type(z.object({ envelope: z.string() }))`
    select source.envelope from registry_source join source on source.id = registry_source.source_id
    where registry_source.registry_id = ${registryId} and source.envelope is not null
    and ${isVisible(visibility, sql.fragment`source.claim_set_id`)}
    order by registry_source.position`);
}

/** The source of this name, detached or not. */
export async function findSource(database: Database, name: string): Promise<SourceRow | null> {
  const [source] = await selectSources(database, sql.fragment`source.name = ${name}`);
  return source ?? null;
}

/** The managed source for writes to a registry: the first one in order. Null if the registry has none. */
export async function findManagedSource(database: Database, registryName: string): Promise<SourceRow | null> {
  const [source] = await selectSources(
    database,
    sql.fragment`source.id = (
      select member.id from registry
      join registry_source on registry_source.registry_id = registry.id
      join source as member on member.id = registry_source.source_id
      where registry.name = ${registryName} and member.kind = ${MANAGED}
      order by registry_source.position limit 1
    )`,
  );
  return source ?? null;
}

async function selectSources(database: Database, where: FragmentSqlToken): Promise<readonly SourceRow[]> {
  const sources = await database.any(sql.type(sourceRow)`
    select id, name, kind, origin, definition, detached_at as "detachedAt", fetch_state as "fetchState", envelope,
      (select claims from claim_set where claim_set.id = source.claim_set_id),
      (select coalesce(max(number), 0) + 1 from sync_run where source_id = source.id) as "nextSyncNumber",
      paused, ${forceRequestIsValid} as "isForceRequested", erase_requested_at is not null as "isEraseRequested",
      created_at as "createdAt", updated_at as "updatedAt"
    from source where ${where} order by name`);
  const runs = await listNewestSyncRuns(
    database,
    sources.map((source) => source.id),
  );
  return sources.map((source) => ({ ...source, lastRun: runs.find((run) => run.sourceName === source.name) ?? null }));
}

const entryCountRow = z.object({ sourceId: id, kind: z.enum(ENTRY_KINDS), entries: count });

/** A source with the numbers of its entries that are not deleted. */
export type CountedSource<Source extends SourceRow = SourceRow> = Source & {
  /** Number of entries of all kinds. */
  readonly entryCount: number;
  readonly entryCounts: Readonly<Record<EntryKind, number>>;
};

/** Counts the entries of sources. The cost increases with the number of entries. */
export async function countEntriesOf<Source extends SourceRow>(
  database: Database,
  sources: readonly Source[],
): Promise<readonly CountedSource<Source>[]> {
  const ids = sources.map((source) => source.id);
  const rows = await database.any(sql.type(entryCountRow)`
    select source_id as "sourceId", kind, count(*) as entries from entry
    where source_id = any(${sql.array(ids, 'int8')}) and status <> 'deleted' group by source_id, kind`);
  return sources.map((source) => {
    const counts = rows.filter((row) => row.sourceId === source.id);
    const ofKind = (kind: EntryKind): number => counts.find((row) => row.kind === kind)?.entries ?? 0;
    return {
      ...source,
      entryCount: counts.reduce((sum, { entries }) => sum + entries, 0),
      entryCounts: { server: ofKind('server'), skill: ofKind('skill'), plugin: ofKind('plugin') },
    };
  });
}

/**
 * Deletes a source with its entries, syncs, and write requests, if it was removed from the configuration or deleted. A
 * managed source that was removed from the configuration file is kept until it is deleted.
 */
export async function deleteDetachedSource(database: Database, name: string): Promise<void> {
  await database.transaction(async (transaction) => {
    const sourceId = await lockSource(
      transaction,
      sql.fragment`name = ${name} and detached_at is not null
        and (kind <> ${MANAGED} or origin = 'api' or erase_requested_at is not null)`,
    );
    if (sourceId === null) return;
    await leaveRegistries(transaction, sourceId);
    await transaction.query(sql.type(nothing)`delete from source where id = ${sourceId}`);
  });
}

async function leaveRegistries(transaction: Transaction, sourceId: string): Promise<void> {
  const registryIds = await lockRegistriesOf(transaction, sourceId);
  await transaction.query(sql.type(nothing)`delete from registry_source where source_id = ${sourceId}`);
  for (const registryId of registryIds) await rebuildOwners(transaction, registryId);
  await raiseRevisions(transaction, registryIds);
}
