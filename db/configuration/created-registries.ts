/** Registries created through the admin API. The configuration file doesn't change them. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../../registry/claims.ts';
import { changeConfiguration } from './configuration.ts';
import type { Database } from '../connection/database.ts';
import { storeMemberships } from './memberships.ts';
import { raiseRevisions } from '../entries/ownership.ts';
import { id, nothing } from '../connection/schemas.ts';

export interface CreatedRegistry {
  readonly name: string;
  /** Names of existing sources in order of precedence. */
  readonly sources: readonly string[];
  readonly access: 'protected' | 'public';
  /** Claims required for reading the registry; null if there are none. */
  readonly claims: Claims | null;
}

const idRow = z.object({ id });

/** Creates a registry. Returns false if a registry with this name already exists. */
export async function createRegistry(database: Database, registry: CreatedRegistry): Promise<boolean> {
  const { name, sources, access, claims } = registry;
  return await changeConfiguration(database, async (transaction) => {
    const { rowCount } = await transaction.query(sql.type(nothing)`
      insert into registry (name, origin, access, claims)
      values (${name}, 'api', ${access}, ${claims === null ? null : sql.jsonb({ ...claims })})
      on conflict do nothing`);
    if (rowCount > 0) await storeMemberships(transaction, [{ name, sources }]);
    return rowCount > 0;
  });
}

/** Changes a registry. Returns false if the admin API hasn't created a registry with this name. */
export async function updateRegistry(database: Database, registry: CreatedRegistry): Promise<boolean> {
  const { name, sources, access, claims } = registry;
  return await changeConfiguration(database, async (transaction) => {
    const registryId = await transaction.maybeOneFirst(sql.type(idRow)`
      select id from registry where name = ${name} and origin = 'api'`);
    if (registryId === null) return false;
    // Must come first: sources are locked before registries.
    await storeMemberships(transaction, [{ name, sources }]);
    await transaction.query(sql.type(nothing)`
      update registry set access = ${access}, claims = ${claims === null ? null : sql.jsonb({ ...claims })},
        updated_at = now()
      where id = ${registryId}`);
    await raiseRevisions(transaction, [registryId]);
    return true;
  });
}

/** Deletes a registry. Returns false if the admin API hasn't created a registry with this name. */
export async function deleteRegistry(database: Database, name: string): Promise<boolean> {
  return await changeConfiguration(database, async (transaction) => {
    const { rowCount } = await transaction.query(sql.type(nothing)`
      delete from registry where name = ${name} and origin = 'api'`);
    return rowCount > 0;
  });
}
