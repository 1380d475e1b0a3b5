import { sql } from 'slonik';
import { z } from 'zod';
import { RollcallError } from '../registry/failure.ts';
import type { AuditEvent } from '../registry/audit.ts';
import type { Claims } from '../registry/claims.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import { storeClaimSet } from './claim-sets.ts';
import { addAuditEvents } from './audit-events.ts';
import { type ConfigurationChange, changesMadeBy } from './configuration-changes.ts';
import type { Database, Transaction } from './connection.ts';
import { type ListedSources, storeMemberships } from './memberships.ts';
import { id, nothing } from './schemas.ts';
import { isManaged } from '../registry/source-definition.ts';

/** What the configuration file says about sources and registries. */
export interface StoredConfiguration {
  readonly sources: readonly SourceDefinition[];
  readonly registries: readonly RegistryOfSources[];
  /** What is required of who reads a source's entries, by the source's name. Default nothing. */
  readonly sourceClaims?: Readonly<Record<string, Claims>>;
  /**
   * The name of the registry that is served at the root. Where `registries` has none of this name, it is all sources:
   * these in their order, then those that were created through the admin API, the oldest first.
   */
  readonly defaultRegistry: string;
}

interface RegistryOfSources extends ListedSources {
  /** Default `protected`. */
  readonly access?: 'protected' | 'public';
  /** What is required of who reads it. Default nothing is said. */
  readonly claims?: Claims;
}

interface StoredRegistry extends RegistryOfSources {
  /** Whether it is the default registry that the configuration does not list. */
  readonly isImplicit: boolean;
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
 * at once. A registry whose sources or their order changed gets its owners rebuilt and its revision raised, one that
 * shows a source whose claims changed has the claims of its names set anew; where nothing changed nothing is written.
 * What leaves the file is unserved at once.
 *
 * What was created through the admin API under a name of the file's becomes the file's, with the entries that it has.
 *
 * @param eventsOf makes what is recorded of the changes, in the same transaction. Default nothing.
 * @throws RollcallError `SourceExists` where such a source is of another kind, so that its entries would be lost.
 */
export async function storeConfiguration(
  database: Database,
  configuration: StoredConfiguration,
  eventsOf: (changes: readonly ConfigurationChange[]) => readonly AuditEvent[] = () => [],
): Promise<DepartedSources> {
  return await changeConfiguration(database, async (transaction) => {
    const changes = await changesMadeBy(transaction, () => storeAll(transaction, configuration));
    await addAuditEvents(transaction, eventsOf(changes));
    return await departedSources(transaction);
  });
}

async function storeAll(transaction: Transaction, configuration: StoredConfiguration): Promise<void> {
  await refuseOtherKinds(transaction, configuration.sources);
  const reclaimed = await reclaimedBy(transaction, async () => {
    for (const source of configuration.sources) await storeSource(transaction, source, claimsOf(configuration, source));
  });
  await detachAllBut(transaction, configuration.sources);
  const registries = await withDefaultRegistry(transaction, configuration);
  await storeRegistries(transaction, registries, configuration.defaultRegistry);
  await storeMemberships(transaction, registries, reclaimed);
}

/** Changes which sources and registries there are, in one transaction and never two of them at once. */
export async function changeConfiguration<Result>(
  database: Database,
  change: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  return await database.pool.transaction(async (transaction) => {
    await transaction.query(sql.type(nothing)`
      select set_config('statement_timeout', ${STORE_TIMEOUT}, true), set_config('lock_timeout', '0', true)`);
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
): Promise<readonly StoredRegistry[]> {
  const listed = registries.map((registry) => ({ ...registry, isImplicit: false }));
  if (listed.some(({ name }) => name === defaultRegistry)) return listed;
  const created = await transaction.anyFirst(sql.type(nameRow)`
    select name from source where origin = 'api' and detached_at is null order by id`);
  const all = [...sources.map(({ name }) => name), ...created];
  return [...listed, { name: defaultRegistry, sources: all, isImplicit: true }];
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

function claimsOf({ sourceClaims = {} }: StoredConfiguration, { name }: SourceDefinition): Claims | null {
  return Object.hasOwn(sourceClaims, name) ? (sourceClaims[name] ?? null) : null;
}

/**
 * Changes sources, and answers with the ids of those whose entries without claims of their own require something else
 * afterwards, for `storeMemberships`.
 */
export async function reclaimedBy(transaction: Transaction, change: () => Promise<void>): Promise<readonly string[]> {
  const before = await lentClaims(transaction);
  await change();
  const after = await lentClaims(transaction);
  return [...before].filter(([sourceId, claims]) => after.get(sourceId) !== claims).map(([sourceId]) => sourceId);
}

const lentClaimsRow = z.object({ id, claimSetId: id.nullable() });

async function lentClaims(transaction: Transaction): Promise<ReadonlyMap<string, string | null>> {
  const rows = await transaction.any(sql.type(lentClaimsRow)`
    select id, case when lends_claims then claim_set_id end as "claimSetId" from source`);
  return new Map(rows.map((row) => [row.id, row.claimSetId]));
}

async function storeSource(
  transaction: Transaction,
  definition: SourceDefinition,
  claims: Claims | null,
): Promise<void> {
  const stored = sql.jsonb({ ...definition });
  const claimSetId = await storeClaimSet(transaction, claims);
  // An upsert locks the row that it finds, changed or not, and so would wait for a sync that is being applied.
  await transaction.query(sql.type(nothing)`
    insert into source (name, kind, origin, definition, claim_set_id)
    select ${definition.name}, ${definition.origin.kind}, 'file', ${stored}, ${claimSetId}::bigint
    where not exists (
      select from source
      where name = ${definition.name} and origin = 'file' and definition = ${stored} and detached_at is null
      and claim_set_id is not distinct from ${claimSetId}::bigint
    )
    on conflict (name) do update set kind = excluded.kind, origin = 'file', definition = excluded.definition,
      claim_set_id = excluded.claim_set_id, detached_at = null, erase_requested_at = null, updated_at = now()`);
}

async function detachAllBut(transaction: Transaction, sources: readonly SourceDefinition[]): Promise<void> {
  const names = sql.array(
    sources.map(({ name }) => name),
    'text',
  );
  await transaction.query(sql.type(nothing)`
    update source set detached_at = now(), updated_at = now()
    where origin = 'file' and detached_at is null and name <> all(${names})`);
}

async function departedSources(transaction: Transaction): Promise<DepartedSources> {
  const departed = await transaction.any(sql.type(kindRow)`
    select name, kind from source where origin = 'file' and detached_at is not null order by name`);
  return {
    removed: departed.filter((source) => !isManaged(source)).map(({ name }) => name),
    detached: departed.filter(isManaged).map(({ name }) => name),
  };
}

async function storeRegistries(
  transaction: Transaction,
  registries: readonly StoredRegistry[],
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
  for (const { name, isImplicit, access = 'protected', claims } of registries) {
    const isDefault = name === defaultRegistry;
    const stored = claims === undefined ? null : sql.jsonb({ ...claims });
    await transaction.query(sql.type(nothing)`
      insert into registry (name, origin, is_default, is_implicit, access, claims)
      select ${name}, 'file', ${isDefault}, ${isImplicit}, ${access}, ${stored}::jsonb
      where not exists (
        select from registry
        where name = ${name} and origin = 'file' and is_default = ${isDefault} and is_implicit = ${isImplicit}
        and access = ${access} and claims is not distinct from ${stored}::jsonb
      )
      on conflict (name) do update set origin = 'file', is_default = excluded.is_default,
        is_implicit = excluded.is_implicit, access = excluded.access, claims = excluded.claims, updated_at = now()`);
  }
}

/**
 * A registry that went has no revision to tell, and one that came may have no sources: the id of none makes those who
 * listen read anew which registries there are.
 */
async function tellOfRegistries(transaction: Transaction): Promise<void> {
  await transaction.query(sql.type(nothing)`select pg_notify('registry_revision', '0:0')`);
}
