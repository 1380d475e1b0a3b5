/** Registries that are created through the admin API, and stay its own: the configuration file changes none of them. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../registry/claims.ts';
import { changeConfiguration } from './configuration.ts';
import type { Database } from './connection.ts';
import { storeMemberships } from './memberships.ts';
import { raiseRevisions } from './ownership.ts';
import { id, nothing } from './schemas.ts';

export interface CreatedRegistry {
  readonly name: string;
  /** Names of sources in order of precedence, all of which exist. */
  readonly sources: readonly string[];
  readonly access: 'protected' | 'public';
  /** What a caller must hold to read it; null: none. */
  readonly claims: Claims | null;
}

const idRow = z.object({ id });

/** @returns whether it was created; if not, there is a registry of this name. */
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

/** @returns whether it was changed; if not, there is no such registry that was created through the admin API. */
export async function updateRegistry(database: Database, registry: CreatedRegistry): Promise<boolean> {
  const { name, sources, access, claims } = registry;
  return await changeConfiguration(database, async (transaction) => {
    const registryId = await transaction.maybeOneFirst(sql.type(idRow)`
      select id from registry where name = ${name} and origin = 'api'`);
    if (registryId === null) return false;
    // First, because it locks sources before registries.
    await storeMemberships(transaction, [{ name, sources }]);
    await transaction.query(sql.type(nothing)`
      update registry set access = ${access}, claims = ${claims === null ? null : sql.jsonb({ ...claims })},
        updated_at = now()
      where id = ${registryId}`);
    await raiseRevisions(transaction, [registryId]);
    return true;
  });
}

/** @returns whether it was deleted; if not, there is no such registry that was created through the admin API. */
export async function deleteRegistry(database: Database, name: string): Promise<boolean> {
  return await changeConfiguration(database, async (transaction) => {
    const { rowCount } = await transaction.query(sql.type(nothing)`
      delete from registry where name = ${name} and origin = 'api'`);
    return rowCount > 0;
  });
}
