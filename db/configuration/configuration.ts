import { sql } from 'slonik';
import { z } from 'zod';
import { RollcallError } from '../../registry/failure.ts';
import type { AuditEvent } from '../../registry/audit.ts';
import type { Claims } from '../../registry/claims.ts';
import { isManaged, type SourceDefinition } from '../../registry/source-definition.ts';
import { storeClaimSet } from '../claims/claim-sets.ts';
import { addAuditEvents } from '../upkeep/audit-events.ts';
import { type ConfigurationChange, changesMadeBy } from './configuration-changes.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { type ListedSources, storeMemberships } from './memberships.ts';
import { id, nothing } from '../connection/schemas.ts';

/** The sources and registries of the configuration file. */
export interface StoredConfiguration {
  readonly sources: readonly SourceDefinition[];
  readonly registries: readonly RegistryOfSources[];
  /** Claims required for reading a source's entries, by source name. Default: none. */
  readonly sourceClaims?: Readonly<Record<string, Claims>>;
  /**
   * The name of the registry that is served at the root. If `registries` doesn't contain it, it shows all sources:
   * first the sources of the file in order, then the sources created through the admin API, oldest first.
   */
  readonly defaultRegistry: string;
}

interface RegistryOfSources extends ListedSources {
  /** Default `protected`. */
  readonly access?: 'protected' | 'public';
  /** Claims required for reading it. Default: none. */
  readonly claims?: Claims;
}

interface StoredRegistry extends RegistryOfSources {
  /** Whether it is the implicit default registry, which the configuration doesn't list. */
  readonly isImplicit: boolean;
}

/** Sources that were removed from the configuration, now or earlier, and whose actors must be retired. */
export interface DepartedSources {
  /** Sources to delete once their actors have ended. */
  readonly removed: readonly string[];
  /** Managed sources, whose entries are kept. */
  readonly detached: readonly string[];
}

/** Arbitrary id of the advisory lock that serializes configuration changes. */
const CONFIGURATION_LOCK = 4_518_839_062;
/** A change of a registry waits until the syncs of its sources have been applied. */
const STORE_TIMEOUT_MS = 5 * 60_000;

/**
 * Stores the configuration in one transaction. Several processes can run this at once. If the sources of a registry or
 * their order changed, its owners are rebuilt and its revision increases. If the claims of a source changed, the claims
 * of its names are updated. Unchanged rows aren't written. Sources and registries that were removed from the file are
 * no longer served.
 *
 * If the admin API has created a source or registry with the same name, the file takes it over with its entries.
 *
 * @param eventsOf returns audit events for the changes, which are stored in the same transaction. Default: none
 * @throws RollcallError `SourceExists` if such a source is of a different kind, because its entries would be lost
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

/** Changes sources and registries in one transaction. Only one change runs at a time. */
export async function changeConfiguration<Result>(
  database: Database,
  change: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const changeLocked = async (transaction: Transaction): Promise<Result> => {
    await transaction.command('set local lock_timeout = 0');
    await transaction.query(sql.type(nothing)`select pg_advisory_xact_lock(${CONFIGURATION_LOCK})`);
    const result = await change(transaction);
    await tellOfRegistries(transaction);
    return result;
  };
  return await database.transaction(changeLocked, { statementTimeoutMs: STORE_TIMEOUT_MS });
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

/** The first sync would delete published entries, and a managed source would never update synced entries. */
async function refuseOtherKinds(transaction: Transaction, sources: readonly SourceDefinition[]): Promise<void> {
  const created = await transaction.any(sql.type(kindRow)`select name, kind from source where origin = 'api'`);
  for (const { name, kind } of created) {
    const wanted = sources.find((source) => source.name === name)?.origin.kind;
    if (wanted === undefined || wanted === kind) continue;
    throw new RollcallError(
      'SourceExists',
      `The configuration has a source "${name}" of kind ${wanted}, but the admin API has created one of kind ${kind} with this name: choose another name, or delete the existing source first.`,
    );
  }
}

function claimsOf({ sourceClaims = {} }: StoredConfiguration, { name }: SourceDefinition): Claims | null {
  return Object.hasOwn(sourceClaims, name) ? (sourceClaims[name] ?? null) : null;
}

/**
 * Runs a change of sources. Returns the ids of sources whose claims changed for entries without claims of their own,
 * for `storeMemberships`.
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
  // Check first: an upsert locks even an unchanged row, and would wait for a sync that is being applied.
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
  // At most one row can be the default at any time.
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
 * A deleted registry has no revision to announce, and a new one may have no sources. A notification with the id of no
 * registry makes listeners read the list of registries again.
 */
async function tellOfRegistries(transaction: Transaction): Promise<void> {
  await transaction.query(sql.type(nothing)`select pg_notify('registry_revision', '0:0')`);
}
