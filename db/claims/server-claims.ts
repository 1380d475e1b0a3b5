/** The claims of names: their own, or those of their source. */
import { sql } from 'slonik';
import { z } from 'zod';
import { type Claims, sameClaims } from '../../registry/claims.ts';
import type { SkillKind } from '../../registry/entry-kind.ts';
import { storeClaimSet } from './claim-sets.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';
import { isStorable } from '../connection/stored-text.ts';
import { isOfKind } from './visibility.ts';

/** A name in a source. */
export interface ServerKey {
  readonly sourceId: string;
  readonly name: string;
}

const serverClaimsRow = z.object({
  /** Claims required for reading the server; null if there are none. */
  claims: z.custom<Claims>().nullable(),
  /** Whether they are the name's own claims, not those of its source. */
  areOwn: z.boolean(),
});
export type ServerClaims = z.infer<typeof serverClaimsRow>;

/** The claims required for reading a server of a source. Null if the source doesn't have the server, or the version. */
export async function entryClaims(
  database: Database,
  { version, ...key }: ServerKey & { readonly version: string | null },
): Promise<ServerClaims | null> {
  const isNamed = version === null ? sql.fragment`true` : sql.fragment`entry.version = ${version}`;
  return await database.maybeOne(selectClaims(key, isNamed));
}

function selectClaims({ sourceId, name }: ServerKey, isNamed = sql.fragment`true`) {
  return sql.type(serverClaimsRow)`
    select coalesce(own.claims, lent.claims) as claims, own.claims is not null as "areOwn"
    from source
    left join claim_set as lent on lent.id = source.claim_set_id and source.lends_claims
    left join server_claims on server_claims.source_id = source.id and server_claims.name = ${name}
    left join claim_set as own on own.id = server_claims.claim_set_id
    where source.id = ${sourceId} and exists (
      select from entry where source_id = source.id and entry.name = ${name} and ${isNamed}
    )`;
}

const namesakeRow = z.object({ name: z.string(), claims: z.custom<Claims>().nullable() });

/** The skills or plugins of a source with this name in any namespace, deleted ones included, and the claims of each. */
export async function namesakes(
  database: Database,
  { sourceId, kind, shortName }: { readonly sourceId: string; readonly kind: SkillKind; readonly shortName: string },
): Promise<readonly z.infer<typeof namesakeRow>[]> {
  if (!isStorable(shortName)) return [];
  return await database.any(sql.type(namesakeRow)`
    select found.name, coalesce(own.claims, lent.claims) as claims
    from (
      select distinct name from entry
      where source_id = ${sourceId} and ${isOfKind(kind, sql.fragment`entry`)} and split_part(name, '/', 2) = ${shortName}
    ) as found
    join source on source.id = ${sourceId}
    left join claim_set as lent on lent.id = source.claim_set_id and source.lends_claims
    left join server_claims on server_claims.source_id = source.id and server_claims.name = found.name
    left join claim_set as own on own.id = server_claims.claim_set_id
    order by found.name`);
}

/**
 * Applies the claims of a published version: a new name gets them as its own, and an existing name must require the same.
 *
 * @returns false if it requires other claims
 */
export async function writeClaimsOfPublished(
  transaction: Transaction,
  key: ServerKey,
  claims: Claims = {},
): Promise<boolean> {
  if (Object.keys(claims).length === 0) return true;
  const existing = await transaction.maybeOne(selectClaims(key));
  if (existing !== null) return existing.claims !== null && sameClaims(existing.claims, claims);
  await replaceOwnClaims(transaction, key, claims);
  return true;
}

/**
 * Gives a name its own claims, or removes them if `claims` is empty.
 *
 * @returns whether it had other claims
 */
export async function replaceOwnClaims(transaction: Transaction, key: ServerKey, claims: Claims): Promise<boolean> {
  const { sourceId, name } = key;
  const claimSetId = await storeClaimSet(transaction, claims);
  const { rowCount } = await transaction.query(
    claimSetId === null
      ? sql.type(nothing)`delete from server_claims where source_id = ${sourceId} and name = ${name}`
      : sql.type(nothing)`
          insert into server_claims (source_id, name, claim_set_id) values (${sourceId}, ${name}, ${claimSetId})
          on conflict (source_id, name) do update set claim_set_id = excluded.claim_set_id
          where server_claims.claim_set_id <> excluded.claim_set_id`,
  );
  return rowCount > 0;
}

/** Gives the names of staged entries their staged claims, and removes the claims of staged names without any. */
export async function takeStagedClaims(
  transaction: Transaction,
  { sourceId, syncRunId }: { readonly sourceId: string; readonly syncRunId: string },
): Promise<void> {
  await transaction.query(sql.type(nothing)`
    delete from server_claims using snapshot_entry as staged
    where server_claims.source_id = ${sourceId} and server_claims.name = staged.name
    and staged.sync_run_id = ${syncRunId} and staged.claim_set_id is null`);
  await transaction.query(sql.type(nothing)`
    insert into server_claims (source_id, name, claim_set_id)
    select distinct on (name) ${sourceId}, name, claim_set_id from snapshot_entry
    where sync_run_id = ${syncRunId} and claim_set_id is not null order by name, claim_set_id
    on conflict (source_id, name) do update set claim_set_id = excluded.claim_set_id
    where server_claims.claim_set_id <> excluded.claim_set_id`);
}
