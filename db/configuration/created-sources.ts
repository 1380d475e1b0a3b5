/** Sources created through the admin API. The configuration file doesn't change them. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../../registry/claims.ts';
import { RollcallError } from '../../registry/failure.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { storeClaimSet } from '../claims/claim-sets.ts';
import { changeConfiguration, reclaimedBy } from './configuration.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { lockSource } from '../entries/ownership.ts';
import { storeMemberships } from './memberships.ts';
import { listRegistries } from './registries.ts';
import { nothing } from '../connection/schemas.ts';

export interface CreatedSource {
  readonly definition: SourceDefinition;
  /** Claims required for reading the source and its entries; null if there are none. */
  readonly claims: Claims | null;
}

const nameRow = z.object({ name: z.string() });

/**
 * Adds a source. The implicit default registry shows it from now on.
 *
 * @throws RollcallError `SourceExists` if the name is taken
 */
export async function createSource(database: Database, { definition, claims }: CreatedSource): Promise<void> {
  await changeConfiguration(database, async (transaction) => {
    const claimSetId = await storeClaimSet(transaction, claims);
    const created = await transaction.query(sql.type(nothing)`
      insert into source (name, kind, origin, definition, claim_set_id)
      values (${definition.name}, ${definition.origin.kind}, 'api', ${sql.jsonb({ ...definition })}, ${claimSetId})
      on conflict do nothing`);
    if (created.rowCount === 0) {
      throw new RollcallError('SourceExists', `A source named "${definition.name}" already exists.`);
    }
    await addToImplicitRegistry(transaction, definition.name);
  });
}

async function addToImplicitRegistry(transaction: Transaction, sourceName: string): Promise<void> {
  const registry = (await listRegistries(transaction)).find(({ isImplicit }) => isImplicit);
  if (registry === undefined) return;
  await storeMemberships(transaction, [{ name: registry.name, sources: [...registry.sources, sourceName] }]);
}

/**
 * Changes the definition of a source to another one of the same kind, and its claims.
 *
 * @throws RollcallError `SourceNotFound` if the admin API hasn't created a source with this name
 */
export async function updateSource(database: Database, { definition, claims }: CreatedSource): Promise<void> {
  await changeConfiguration(database, async (transaction) => {
    const sourceId = await lockCreatedSource(transaction, definition.name);
    const reclaimed = await reclaimedBy(transaction, async () => {
      await transaction.query(sql.type(nothing)`
        update source set definition = ${sql.jsonb({ ...definition })}, updated_at = now(),
          claim_set_id = ${await storeClaimSet(transaction, claims)}
        where id = ${sourceId}`);
    });
    await storeMemberships(transaction, [], reclaimed);
  });
}

/**
 * Stops serving a source, so that its actor can be retired and its entries deleted.
 *
 * @returns the registries that list the source. If there are any, nothing was changed.
 * @throws RollcallError `SourceNotFound` if the admin API hasn't created a source with this name
 */
export async function detachSource(database: Database, name: string): Promise<readonly string[]> {
  return await changeConfiguration(database, async (transaction) => {
    const sourceId = await lockCreatedSource(transaction, name);
    const users = await transaction.anyFirst(sql.type(nameRow)`
      select registry.name from registry_source join registry on registry.id = registry_source.registry_id
      where registry_source.source_id = ${sourceId} and not registry.is_implicit order by registry.name`);
    if (users.length > 0) return users;
    await transaction.query(sql.type(nothing)`
      update source set detached_at = now(), updated_at = now() where id = ${sourceId}`);
    await storeMemberships(transaction, []);
    return [];
  });
}

async function lockCreatedSource(transaction: Transaction, name: string): Promise<string> {
  const isCreated = sql.fragment`name = ${name} and origin = 'api' and detached_at is null`;
  const sourceId = await lockSource(transaction, isCreated);
  if (sourceId !== null) return sourceId;
  throw new RollcallError('SourceNotFound', `There is no source "${name}" that was created through the admin API.`);
}
