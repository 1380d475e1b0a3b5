import { sql } from 'slonik';
import { z } from 'zod';
import { RollcallError } from '../registry/failure.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import type { Database, Transaction } from './connection.ts';
import { raiseRevisions, rebuildOwners } from './ownership.ts';
import { id, nothing } from './schemas.ts';

/** What the configuration file says about sources and registries. */
export interface StoredConfiguration {
  readonly sources: readonly SourceDefinition[];
  readonly registries: readonly RegistryOfSources[];
  /**
   * The name of the registry that is served at the root. Where `registries` has none of this name, it is all sources:
   * these in their order, then those that were created through the admin API, the oldest first.
   */
  readonly defaultRegistry: string;
}

interface RegistryOfSources {
  readonly name: string;
  /** Names of sources in order of precedence. */
  readonly sources: readonly string[];
}

/** The sources that left the configuration, in this run or an earlier one, and whose actors are to be retired. */
export interface DepartedSources {
  /** To be deleted once their actors have ended. */
  readonly removed: readonly string[];
  /** Managed ones: their entries are kept. */
  readonly detached: readonly string[];
}

/** Of the advisory lock that lets one process at a time store a configuration; the digits mean nothing. */
const CONFIGURATION_LOCK = 4_518_839_062;
/** A registry that changes waits for the syncs of its sources that are being applied. */
const STORE_TIMEOUT = '5min';

/**
 * Makes the rows that the file owns equal to the configuration, in one transaction. Safe to run from several processes
 * at once. A registry whose sources or their order changed gets its owners rebuilt and its revision raised; where
 * nothing changed nothing is written. What leaves the file is unserved at once.
 *
 * What was created through the admin API under a name of the file's becomes the file's, with the entries that it has.
 *
 * @throws RollcallError `SourceExists` where such a source is of another kind, so that its entries would be lost.
 */
export async function storeConfiguration(
  database: Database,
  configuration: StoredConfiguration,
): Promise<DepartedSources> {
  return await changeConfiguration(database, async (transaction) => {
    await refuseOtherKinds(transaction, configuration.sources);
    for (const definition of configuration.sources) await storeSource(transaction, definition);
    const departed = await detachAllBut(transaction, configuration.sources);
    const registries = await withDefaultRegistry(transaction, configuration);
    await storeRegistries(transaction, registries, configuration.defaultRegistry);
    return departed;
  });
}

/** Changes which sources and registries there are, in one transaction and never two of them at once. */
export async function changeConfiguration<Result>(
  database: Database,
  change: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  return await database.pool.transaction(async (transaction) => {
    await transaction.query(sql.type(nothing)`select set_config('statement_timeout', ${STORE_TIMEOUT}, true)`);
    await transaction.query(sql.type(nothing)`select pg_advisory_xact_lock(${CONFIGURATION_LOCK})`);
    const result = await change(transaction);
    await tellOfRegistries(transaction);
    return result;
  });
}

const nameRow = z.object({ name: z.string() });
const kindRow = z.object({ name: z.string(), kind: z.string() });

async function withDefaultRegistry(
  transaction: Transaction,
  { sources, registries, defaultRegistry }: StoredConfiguration,
): Promise<readonly RegistryOfSources[]> {
  if (registries.some(({ name }) => name === defaultRegistry)) return registries;
  const created = await transaction.anyFirst(sql.type(nameRow)`
    select name from source where origin = 'api' and detached_at is null order by id`);
  return [...registries, { name: defaultRegistry, sources: [...sources.map(({ name }) => name), ...created] }];
}

/** Entries that were published would be erased by the first sync, and those of a sync never change again. */
async function refuseOtherKinds(transaction: Transaction, sources: readonly SourceDefinition[]): Promise<void> {
  const created = await transaction.any(sql.type(kindRow)`select name, kind from source where origin = 'api'`);
  for (const { name, kind } of created) {
    const wanted = sources.find((source) => source.name === name)?.origin.kind;
    if (wanted === undefined || wanted === kind) continue;
    throw new RollcallError(
      'SourceExists',
      `The configuration has a source "${name}" of the kind ${wanted}, and one of the kind ${kind} was created under this name through the admin API: choose another name, or delete that one first.`,
    );
  }
}

async function storeSource(transaction: Transaction, definition: SourceDefinition): Promise<void> {
  const stored = sql.jsonb({ ...definition });
  // An upsert locks the row that it finds, changed or not, and so would wait for a sync that is being applied.
  await transaction.query(sql.type(nothing)`
    insert into source (name, kind, origin, definition)
    select ${definition.name}, ${definition.origin.kind}, 'file', ${stored}
    where not exists (
      select from source
      where name = ${definition.name} and origin = 'file' and definition = ${stored} and detached_at is null
    )
    on conflict (name) do update set kind = excluded.kind, origin = 'file', definition = excluded.definition,
      detached_at = null, updated_at = now()`);
}

async function detachAllBut(transaction: Transaction, sources: readonly SourceDefinition[]): Promise<DepartedSources> {
  const names = sql.array(
    sources.map(({ name }) => name),
    'text',
  );
  await transaction.query(sql.type(nothing)`
    update source set detached_at = now(), updated_at = now()
    where origin = 'file' and detached_at is null and name <> all(${names})`);
  const departed = await transaction.any(sql.type(kindRow)`
    select name, kind from source where origin = 'file' and detached_at is not null order by name`);
  return {
    removed: departed.filter(({ kind }) => kind !== 'managed').map(({ name }) => name),
    detached: departed.filter(({ kind }) => kind === 'managed').map(({ name }) => name),
  };
}

async function storeRegistries(
  transaction: Transaction,
  registries: readonly RegistryOfSources[],
  defaultRegistry: string,
): Promise<void> {
  await transaction.query(sql.type(nothing)`
    delete from registry
    where origin = 'file' and name <> all(${sql.array(
      registries.map(({ name }) => name),
      'text',
    )})`);
  // At most one row may be the default at any moment.
  await transaction.query(sql.type(nothing)`
    update registry set is_default = false, updated_at = now() where is_default and name <> ${defaultRegistry}`);
  for (const { name } of registries) {
    const isDefault = name === defaultRegistry;
    await transaction.query(sql.type(nothing)`
      insert into registry (name, origin, is_default) select ${name}, 'file', ${isDefault}
      where not exists (select from registry where name = ${name} and origin = 'file' and is_default = ${isDefault})
      on conflict (name) do update set origin = 'file', is_default = excluded.is_default, updated_at = now()`);
  }
  await storeMemberships(transaction, registries);
}

/**
 * A registry that went has no revision to tell, and one that came may have no sources: the id of none makes those who
 * listen read anew which registries there are.
 */
async function tellOfRegistries(transaction: Transaction): Promise<void> {
  await transaction.query(sql.type(nothing)`select pg_notify('registry_revision', '0:0')`);
}

const membershipRow = z.object({ registryId: id, registryName: z.string(), sourceIds: z.array(id) });
type Membership = z.infer<typeof membershipRow>;
const sourceIdRow = z.object({ id, name: z.string(), detached: z.boolean() });

/**
 * Makes these registries show these sources, and takes the sources that are detached out of all others. Only what
 * differs is written; owners and revisions follow.
 */
export async function storeMemberships(
  transaction: Transaction,
  registries: readonly RegistryOfSources[],
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
  if (changes.length === 0) return;

  await lockAll(
    transaction,
    changes.flatMap(({ membership, wanted }) => [...membership.sourceIds, ...wanted]),
    changes.map(({ membership }) => membership.registryId),
  );
  for (const { membership, wanted } of changes) await replaceMembership(transaction, membership.registryId, wanted);
  await raiseRevisions(
    transaction,
    changes.map(({ membership }) => membership.registryId),
  );
}

/** A registry that is listed gets what it lists; any other keeps those of its sources that are still there. */
function wantedSources(
  membership: Membership,
  registries: readonly RegistryOfSources[],
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
      throw new Error(`The registry ${listed.name} lists the source ${name}, which does not exist.`);
    return source.id;
  });
}

/** In the order of everybody else: an apply holds its source while it waits for registries. */
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
): Promise<void> {
  await transaction.query(sql.type(nothing)`delete from registry_source where registry_id = ${registryId}`);
  await transaction.query(sql.type(nothing)`
    insert into registry_source (registry_id, source_id, position)
    select ${registryId}, source_id, place - 1
    from unnest(${sql.array(sourceIds, 'int8')}) with ordinality as wanted (source_id, place)`);
  await rebuildOwners(transaction, registryId);
}
