/** Stores which sources a registry shows, and in which order. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Transaction } from '../connection/database.ts';
import { raiseRevisions, rebuildOwners, refreshClaims } from '../entries/ownership.ts';
import { id, nothing } from '../connection/schemas.ts';

/** A registry, and the names of its sources in order of precedence. */
export interface ListedSources {
  readonly name: string;
  readonly sources: readonly string[];
}

/** Below this number, the planner's statistics stay accurate enough until autovacuum updates them. */
const MANY_NAMES = 1_000;

const membershipRow = z.object({ registryId: id, registryName: z.string(), sourceIds: z.array(id) });
type Membership = z.infer<typeof membershipRow>;
const sourceIdRow = z.object({ id, name: z.string(), detached: z.boolean() });

/**
 * Sets the sources of these registries, and removes detached sources from all others. Only differences are written.
 * Updates owners and revisions.
 *
 * @param reclaimed the result of `reclaimedBy`: the names of these sources get other claims in all registries
 */
export async function storeMemberships(
  transaction: Transaction,
  registries: readonly ListedSources[],
  reclaimed: readonly string[] = [],
): Promise<void> {
  const current = await transaction.any(sql.type(membershipRow)`
    select registry.id as "registryId", registry.name as "registryName", array(
      select source_id from registry_source where registry_id = registry.id order by position
    ) as "sourceIds" from registry order by registry.id`);
  const sources = await transaction.any(sql.type(sourceIdRow)`
    select id, name, detached_at is not null as detached from source`);

  const changes = current
    .map((membership) => ({ membership, wanted: wantedSources(membership, registries, sources) }))
    .filter(({ membership, wanted }) => membership.sourceIds.join() !== wanted.join());
  const showing = current.filter(({ sourceIds }) => sourceIds.some((sourceId) => reclaimed.includes(sourceId)));
  const concerned = [...changes.map(({ membership }) => membership), ...showing];
  const registryIds = [...new Set(concerned.map(({ registryId }) => registryId))];
  if (registryIds.length === 0) return;

  const sourceIds = changes.flatMap(({ membership, wanted }) => [...membership.sourceIds, ...wanted]);
  await lockAll(transaction, [...sourceIds, ...reclaimed], registryIds);
  let names = 0;
  for (const { membership, wanted } of changes) {
    names += await replaceMembership(transaction, membership.registryId, wanted);
  }
  for (const sourceId of reclaimed) names += await refreshClaims(transaction, sourceId);
  // The best plan for a list depends on the number of names, and on how many of them have which claims.
  if (names >= MANY_NAMES) await transaction.query(sql.type(nothing)`select refresh_statistics()`);
  await raiseRevisions(transaction, registryIds);
}

/** A listed registry gets the listed sources. Others keep the sources that still exist. */
function wantedSources(
  membership: Membership,
  registries: readonly ListedSources[],
  sources: readonly z.infer<typeof sourceIdRow>[],
): readonly string[] {
  const served = sources.filter(({ detached }) => !detached);
  const listed = registries.find(({ name }) => name === membership.registryName);
  if (listed === undefined) {
    return membership.sourceIds.filter((sourceId) => served.some((source) => source.id === sourceId));
  }
  return listed.sources.map((name) => {
    const source = served.find((candidate) => candidate.name === name);
    if (source === undefined)
      throw new Error(`The registry ${listed.name} lists the source ${name}, which doesn't exist.`);
    return source.id;
  });
}

/** Locks in the same order as all transactions: an apply holds its source while it waits for registries. */
async function lockAll(
  transaction: Transaction,
  sourceIds: readonly string[],
  registryIds: readonly string[],
): Promise<void> {
  await transaction.query(sql.type(nothing)`
    select id from source where id = any(${sql.array(sourceIds, 'int8')}) order by id for no key update`);
  await transaction.query(sql.type(nothing)`
    select id from registry where id = any(${sql.array(registryIds, 'int8')}) order by id for no key update`);
}

async function replaceMembership(
  transaction: Transaction,
  registryId: string,
  sourceIds: readonly string[],
): Promise<number> {
  await transaction.query(sql.type(nothing)`delete from registry_source where registry_id = ${registryId}`);
  await transaction.query(sql.type(nothing)`
    insert into registry_source (registry_id, source_id, position)
    select ${registryId}, source_id, place - 1
    from unnest(${sql.array(sourceIds, 'int8')}) with ordinality as wanted (source_id, place)`);
  return await rebuildOwners(transaction, registryId);
}
