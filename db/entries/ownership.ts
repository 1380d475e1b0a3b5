import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { Transaction } from '../connection/database.ts';
import { count, id, nothing, timestamp } from '../connection/schemas.ts';

/**
 * Data derived from entries: the latest version of a name, the source that owns a name in a registry, and the claims of
 * the name there. Transactions that change entries, memberships, or claims call these functions.
 *
 * All transactions lock in the same order, so they can't deadlock: sources by id, then registries by id.
 */

/** The keys of semantic versions begin with a digit, those of all others with a space (registry/versions.ts). */
const semanticOrder = sql.fragment`case when version_order >= '0' then version_order end`;

/**
 * The rows with a column `ranked_latest`: whether the row is the latest version of its name. That is the live version
 * that the upstream marks, if it marks exactly one. Otherwise it is the highest live version: a semantic one before any
 * other; of two that aren't semantic the one published later, then the one with the higher numbers. Of a name without a
 * live version it is the highest of all.
 *
 * @param rows entries, or staged entries, of one source
 */
export function withRankedLatest(rows: FragmentSqlToken): FragmentSqlToken {
  const isMarked = sql.fragment`upstream_latest and status <> 'deleted'`;
  return sql.fragment`(
    select *, row_number() over (
      partition by name
      order by (status = 'deleted'), (${isMarked} and marked_versions = 1) desc, ${semanticOrder} desc nulls last,
        published_at desc, version_order desc nulls last, version desc
    ) = 1 as ranked_latest
    from (select *, count(*) filter (where ${isMarked}) over (partition by name) as marked_versions from ${rows}) as counted
  )`;
}

/** Sets `is_latest` for the names of a source. Only differences are written. */
export async function refreshLatest(
  transaction: Transaction,
  sourceId: string,
  names: readonly string[],
): Promise<void> {
  await transaction.query(sql.type(nothing)`
    update entry set is_latest = ranked_latest
    from ${withRankedLatest(sql.fragment`(
      select id, name, version, version_order, status, published_at, upstream_latest
      from entry where source_id = ${sourceId} and name = any(${sql.array(names, 'text')})
    ) as versions`)} as ranked
    where entry.id = ranked.id and entry.is_latest <> ranked_latest`);
}

const idRow = z.object({ id });
const timeRow = z.object({ at: timestamp });

/**
 * The current time, for `changed_at`. Read it after locking the source: the time at the start of the transaction may be
 * earlier than that of a change which held the lock.
 */
export async function currentTime(transaction: Transaction): Promise<string> {
  return await transaction.oneFirst(sql.type(timeRow)`select clock_timestamp() as at`);
}

/**
 * Locks the source that meets the condition, against all other changes of its entries. Readers never wait for it.
 *
 * @returns its id, or null if there is none
 */
export async function lockSource(transaction: Transaction, condition: FragmentSqlToken): Promise<string | null> {
  return await transaction.maybeOneFirst(sql.type(idRow)`
    select id from source where ${condition} for no key update`);
}

/**
 * Locks the registries that show a source, so that two sources can't change the same name at once. Readers never wait for
 * this lock.
 */
export async function lockRegistriesOf(transaction: Transaction, sourceId: string): Promise<readonly string[]> {
  return await transaction.anyFirst(sql.type(idRow)`
    select registry.id from registry join registry_source on registry_source.registry_id = registry.id
    where registry_source.source_id = ${sourceId}
    order by registry.id for no key update of registry`);
}

export interface NameChange {
  /** The source whose entries changed. */
  readonly sourceId: string;
  readonly names: readonly string[];
  /** The `changed_at` of the changed entries. */
  readonly at: string;
}

/** After entries of a source changed: updates the owners of their names in the (locked) registries. */
export async function refreshOwners(
  transaction: Transaction,
  registryIds: readonly string[],
  change: NameChange,
): Promise<void> {
  const names = sql.array(change.names, 'text');
  for (const registryId of registryIds) {
    await transaction.query(sql.type(nothing)`
      with ${desiredOwners(registryId, sql.fragment`entry.name = any(${names})`)},
      ${orphanedOwnersDeleted(registryId, sql.fragment`server_owner.name = any(${names})`)}
      insert into server_owner (registry_id, name, source_id, claim_set_id, owned_since, changed_at)
      select ${registryId}, owned.name, owned.source_id, ${resolvedClaims}, ${change.at}, ${change.at}
      from ${withClaims(sql.fragment`desired`)}
      on conflict (registry_id, name) do update set
        source_id = excluded.source_id,
        claim_set_id = excluded.claim_set_id,
        owned_since = case
          when (server_owner.source_id, server_owner.claim_set_id)
            is not distinct from (excluded.source_id, excluded.claim_set_id) then server_owner.owned_since
          else excluded.owned_since end,
        changed_at = excluded.changed_at
      where server_owner.source_id <> excluded.source_id or excluded.source_id = ${change.sourceId}`);
  }
}

/**
 * After the sources of a (locked) registry changed: updates the owners of all names. Only differences are written.
 *
 * @returns the number of names that were added, or have another owner or other claims
 */
export async function rebuildOwners(transaction: Transaction, registryId: string): Promise<number> {
  const { rowCount } = await transaction.query(sql.type(nothing)`
    with ${desiredOwners(registryId, sql.fragment`true`)},
    ${orphanedOwnersDeleted(registryId, sql.fragment`true`)}
    insert into server_owner (registry_id, name, source_id, claim_set_id, owned_since, changed_at)
    select ${registryId}, owned.name, owned.source_id, ${resolvedClaims}, statement_timestamp(), statement_timestamp()
    from ${withClaims(sql.fragment`desired`)}
    on conflict (registry_id, name) do update set
      source_id = excluded.source_id, claim_set_id = excluded.claim_set_id, owned_since = excluded.owned_since,
      changed_at = excluded.changed_at
    where (server_owner.source_id, server_owner.claim_set_id)
      is distinct from (excluded.source_id, excluded.claim_set_id)`);
  return rowCount;
}

/**
 * After the claims of a (locked) source changed: updates the claims of its names in all (locked) registries. Only
 * differences are written. A name with other claims counts as changed, because other callers see it now.
 *
 * @returns the number of names with other claims
 */
export async function refreshClaims(transaction: Transaction, sourceId: string): Promise<number> {
  const { rowCount } = await transaction.query(sql.type(nothing)`
    update server_owner set claim_set_id = resolved.claim_set_id, owned_since = statement_timestamp(),
      changed_at = statement_timestamp()
    from (
      select owned.registry_id, owned.name, ${resolvedClaims} as claim_set_id
      from ${withClaims(sql.fragment`server_owner`)} where owned.source_id = ${sourceId}
    ) as resolved
    where server_owner.registry_id = resolved.registry_id and server_owner.name = resolved.name
    and server_owner.claim_set_id is distinct from resolved.claim_set_id`);
  return rowCount;
}

/** The claims of a name of a source: its own, or else those of the source if it lends them. */
export const resolvedClaims = sql.fragment`
  coalesce(own.claim_set_id, case when source.lends_claims then source.claim_set_id end)`;

function withClaims(names: FragmentSqlToken): FragmentSqlToken {
  return sql.fragment`${names} as owned join source on source.id = owned.source_id
    left join server_claims as own on own.source_id = owned.source_id and own.name = owned.name`;
}

/** The first source in order that has a version of the name which is not deleted, else the first that has any. */
function desiredOwners(registryId: string, ofNames: FragmentSqlToken): FragmentSqlToken {
  return sql.fragment`desired as (
    select distinct on (entry.name) entry.name, entry.source_id
    from registry_source join entry on entry.source_id = registry_source.source_id
    where registry_source.registry_id = ${registryId} and ${ofNames}
    order by entry.name, (entry.status = 'deleted'), registry_source.position
  )`;
}

function orphanedOwnersDeleted(registryId: string, ofNames: FragmentSqlToken): FragmentSqlToken {
  return sql.fragment`orphaned as (
    delete from server_owner where registry_id = ${registryId} and ${ofNames}
    and not exists (select from desired where desired.name = server_owner.name)
  )`;
}

const revisionRow = z.object({ id, revision: count, revisionToken: z.string() });

/** A notification holds at most 8,000 bytes. */
const MAX_NOTIFIED_BYTES = 7_000;

/**
 * Increases the revision of (locked) registries and notifies all listeners at the commit. A trigger renews their revision
 * tokens. `updated_at` doesn't change: it is visible to all callers of the registry, and not all may see what changed.
 *
 * @param names the only servers whose versions or claims changed. Default: any may have changed
 */
export async function raiseRevisions(
  transaction: Transaction,
  registryIds: readonly string[],
  names?: readonly string[],
): Promise<void> {
  const raised = await transaction.any(sql.type(revisionRow)`
    update registry set revision = revision + 1
    where id = any(${sql.array(registryIds, 'int8')})
    returning id, revision, revision_token as "revisionToken"`);
  const changed = names === undefined ? '' : JSON.stringify(names);
  const suffix = changed === '' || Buffer.byteLength(changed) > MAX_NOTIFIED_BYTES ? '' : `:${changed}`;
  for (const { id: registryId, revision, revisionToken } of raised) {
    const news = `${registryId}:${revision}:${revisionToken}${suffix}`;
    await transaction.query(sql.type(nothing)`select pg_notify('registry_revision', ${news})`);
  }
}

/**
 * Makes a change of entries visible: updates the latest versions and the owners of their names, and raises the revisions of
 * all registries with the source. The source must be locked.
 */
export async function showChange(transaction: Transaction, change: NameChange): Promise<void> {
  const { sourceId, names } = change;
  await refreshLatest(transaction, sourceId, names);
  const registryIds = await lockRegistriesOf(transaction, sourceId);
  await refreshOwners(transaction, registryIds, change);
  await raiseRevisions(transaction, registryIds, names);
}
