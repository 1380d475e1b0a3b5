/** The claims of names: those of their own, and what they come to together with those of their source. */
import { sql } from 'slonik';
import { z } from 'zod';
import { type Claims, sameClaims } from '../../registry/claims.ts';
import { storeClaimSet } from './claim-sets.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';

/** A name in a source. */
export interface ServerKey {
  readonly sourceId: string;
  readonly name: string;
}

const serverClaimsRow = z.object({
  /** What is required of who reads the server; null: nothing is said. */
  claims: z.custom<Claims>().nullable(),
  /** Whether they are the name's own, and not those of its source. */
  areOwn: z.boolean(),
});
export type ServerClaims = z.infer<typeof serverClaimsRow>;

/** What a server of a source requires of its readers; null if the source has no such server, or no such version of it. */
export async function entryClaims(
  database: Database,
  { version, ...key }: ServerKey & { readonly version: string | null },
): Promise<ServerClaims | null> {
  const isNamed = version === null ? sql.fragment`true` : sql.fragment`entry.version = ${version}`;
  return await database.pool.maybeOne(selectClaims(key, isNamed));
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

/**
 * What the claims mean that a version is published with: a new name gets them as its own, a name that is there must
 * require the same.
 *
 * @returns false where it requires something else.
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
 * Gives a name these claims as its own; empty: none.
 *
 * @returns whether it had others.
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

/** Gives the names of staged entries the claims that were staged with them, and takes from the others what they had. */
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
