import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../../registry/claims.ts';
import type { Database } from '../connection/database.ts';
import type { Queries } from '../connection/queries.ts';
import { count, id, timestamp } from '../connection/schemas.ts';
import { isVisibleName, type Visibility } from '../claims/visibility.ts';

const registryRow = z.object({
  id,
  name: z.string(),
  origin: z.enum(['file', 'api']),
  /** Whether it is served at the root. */
  isDefault: z.boolean(),
  /** Whether it is the default registry of all sources, which the configuration doesn't list. */
  isImplicit: z.boolean(),
  /** `public`: can be read without a token. */
  access: z.enum(['protected', 'public']),
  /** Claims required for reading the registry; null if there are none. */
  claims: z.custom<Claims>().nullable(),
  /** Increases with every visible change. */
  revision: count,
  /** Identifies this state of the registry. A restored database repeats revisions, but never a token for another state. */
  revisionToken: z.string(),
  /** The names of its sources in order of precedence. */
  sources: z.array(z.string()),
  createdAt: timestamp,
  /** When its definition last changed. For changes of its entries see `readLastChange`. */
  updatedAt: timestamp,
});
export type RegistryRow = z.infer<typeof registryRow>;

/** All registries by name. */
export async function listRegistries(queries: Queries): Promise<readonly RegistryRow[]> {
  return await queries.any(selectRegistries(sql.fragment`true`));
}

export async function findRegistry(database: Database, name: string): Promise<RegistryRow | null> {
  return await database.maybeOne(selectRegistries(sql.fragment`registry.name = ${name}`));
}

function selectRegistries(where: FragmentSqlToken) {
  return sql.type(registryRow)`
    select id, name, origin, is_default as "isDefault", is_implicit as "isImplicit", access, claims, revision,
      revision_token as "revisionToken",
      created_at as "createdAt", updated_at as "updatedAt",
      array(
        select source.name from registry_source join source on source.id = registry_source.source_id
        where registry_source.registry_id = registry.id order by registry_source.position
      ) as sources
    from registry where ${where} order by name`;
}

const lastChangeRow = z.object({ at: timestamp });

/**
 * The time of the last change of a registry that a caller can see: of its definition, or of a name that is visible to
 * the caller. Names that left the registry don't count.
 *
 * @returns an RFC 3339 timestamp in UTC
 */
export async function readLastChange(
  reader: Queries,
  { id: registryId, updatedAt }: RegistryRow,
  visibility: Visibility,
): Promise<string> {
  return await reader.oneFirst(sql.type(lastChangeRow)`
    select greatest(${updatedAt}::timestamptz, max(server_owner.changed_at)) as at from server_owner
    where server_owner.registry_id = ${registryId} and ${isVisibleName(visibility)}`);
}
