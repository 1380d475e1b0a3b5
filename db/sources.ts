import { sql } from 'slonik';
import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../registry/claims.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import { SOURCE_KINDS } from '../registry/source-definition.ts';
import type { Database, Transaction } from './connection.ts';
import { lockRegistriesOf, raiseRevisions, rebuildOwners } from './ownership.ts';
import { count, id, nothing, timestamp } from './schemas.ts';
import { listNewestSyncRuns } from './sync-runs.ts';
import type { SyncRunRow } from './sync-runs.ts';
import { isVisible, type Visibility } from './visibility.ts';

const sourceRow = z.object({
  id,
  name: z.string(),
  kind: z.enum(SOURCE_KINDS),
  /** Who owns the definition: the configuration file, or the admin API. */
  origin: z.enum(['file', 'api']),
  definition: z.custom<SourceDefinition>(),
  /** What a caller must hold to see the source, and its entries where they have no claims of their own; null: none. */
  claims: z.custom<Claims>().nullable(),
  /**
   * When the source left the configuration; null while it is part of it. A detached source is unserved, and its actor is
   * to be retired: a managed one keeps its entries, any other is deleted.
   */
  detachedAt: timestamp.nullable(),
  /** What the last applied fetch left for the next check; null: fetch everything. */
  fetchState: z.unknown(),
  /** The registry document's members beside its entries, as JSON text. */
  envelope: z.string().nullable(),
  /** Entries that are not deleted. */
  entryCount: count,
  /** What the next sync is numbered. */
  nextSyncNumber: z.number(),
  createdAt: timestamp,
  /** When its definition or its claims changed last. */
  updatedAt: timestamp,
});

/** A source as the database has it, with its newest sync, which may be running. */
export type SourceRow = z.infer<typeof sourceRow> & { readonly lastRun: SyncRunRow | null };

/** All sources by name, the detached ones included. */
export async function listSources(database: Database): Promise<readonly SourceRow[]> {
  return await selectSources(database, sql.fragment`true`);
}

/**
 * What the documents of a registry's sources say beside their entries, as JSON texts, in the order of the sources: of
 * sources with a document, whose entries have the claims that the source has.
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

/** The managed source that writes to a registry go to: the first in its order. Null: the registry has none. */
export async function findManagedSource(database: Database, registryName: string): Promise<SourceRow | null> {
  const [source] = await selectSources(
    database,
    sql.fragment`source.id = (
      select member.id from registry
      join registry_source on registry_source.registry_id = registry.id
      join source as member on member.id = registry_source.source_id
      where registry.name = ${registryName} and member.kind = 'managed'
      order by registry_source.position limit 1
    )`,
  );
  return source ?? null;
}

async function selectSources(database: Database, where: FragmentSqlToken): Promise<readonly SourceRow[]> {
  const sources = await database.pool.any(sql.type(sourceRow)`
    select id, name, kind, origin, definition, detached_at as "detachedAt", fetch_state as "fetchState", envelope,
      (select claims from claim_set where claim_set.id = source.claim_set_id),
      (select count(*) from entry where source_id = source.id and status <> 'deleted') as "entryCount",
      (select coalesce(max(number), 0) + 1 from sync_run where source_id = source.id) as "nextSyncNumber",
      created_at as "createdAt", updated_at as "updatedAt"
    from source where ${where} order by name`);
  const runs = await listNewestSyncRuns(
    database,
    sources.map((source) => source.id),
  );
  return sources.map((source) => ({ ...source, lastRun: runs.find((run) => run.sourceName === source.name) ?? null }));
}

const idRow = z.object({ id });

/**
 * Takes a detached source and all of its entries, syncs and write requests out. Nothing happens where there is no such
 * source, or where it has become part of the configuration again since its actor was told to end.
 */
export async function deleteDetachedSource(database: Database, name: string): Promise<void> {
  await database.pool.transaction(async (transaction) => {
    const sourceId = await lockDetachedSource(transaction, name);
    if (sourceId === null) return;
    await leaveRegistries(transaction, sourceId);
    await transaction.query(sql.type(nothing)`delete from source where id = ${sourceId}`);
  });
}

async function lockDetachedSource(transaction: Transaction, name: string): Promise<string | null> {
  return await transaction.maybeOneFirst(sql.type(idRow)`
    select id from source where name = ${name} and detached_at is not null for no key update`);
}

async function leaveRegistries(transaction: Transaction, sourceId: string): Promise<void> {
  const registryIds = await lockRegistriesOf(transaction, sourceId);
  await transaction.query(sql.type(nothing)`delete from registry_source where source_id = ${sourceId}`);
  for (const registryId of registryIds) await rebuildOwners(transaction, registryId);
  await raiseRevisions(transaction, registryIds);
}
