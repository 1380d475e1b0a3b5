/**
 * Claim sets store equal claims once, under an id, and never change. The transaction that first uses a claim set stores
 * it. Unused claim sets are purged later.
 */
import { createHash } from 'node:crypto';
import { sql } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../../registry/claims.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { id, nothing } from '../connection/schemas.ts';

const claimSetRow = z.object({ id, claims: z.custom<Claims>() });
export type ClaimSetRow = z.infer<typeof claimSetRow>;

/** Returns all claim sets by id. There are few, because entries with equal claims share one. */
export async function listClaimSets(database: Database): Promise<readonly ClaimSetRow[]> {
  return await database.any(sql.type(claimSetRow)`select id, claims from claim_set order by id`);
}

const digestRow = z.object({ digest: z.string(), id });

/** Returns the id of these claims, and stores them if they are new. Null for no claims. */
export async function storeClaimSet(transaction: Transaction, claims: Claims | null): Promise<string | null> {
  const [claimSetId = null] = await storeClaimSets(transaction, [claims]);
  return claimSetId;
}

/** Like `storeClaimSet` for many claims at once. */
export async function storeClaimSets(
  transaction: Transaction,
  all: readonly (Claims | null)[],
): Promise<readonly (string | null)[]> {
  const digests = all.map((claims) => (claims === null || isEmpty(claims) ? null : digestOf(claims)));
  const found = new Map(digests.flatMap((digest, index) => (digest === null ? [] : [[digest, all[index]]])));
  if (found.size === 0) return digests;
  await transaction.query(sql.type(nothing)`
    insert into claim_set (digest, claims)
    select decode(digest, 'hex'), claims::jsonb
    from ${sql.unnest(
      [...found].map(([digest, claims]) => [digest, JSON.stringify(claims)]),
      ['text', 'text'],
    )} as found (digest, claims)
    order by digest on conflict do nothing`);
  const rows = await transaction.any(sql.type(digestRow)`
    select encode(digest, 'hex') as digest, id from claim_set
    where digest in (select decode(wanted, 'hex') from unnest(${sql.array([...found.keys()], 'text')}) as wanted)`);
  const ids = new Map(rows.map((row) => [row.digest, row.id]));
  return digests.map((digest) => (digest === null ? null : (ids.get(digest) ?? null)));
}

/** Deletes unused claim sets. The lock makes transactions wait that store new ones. */
export async function purgeClaimSets(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(sql.type(nothing)`lock table claim_set in share row exclusive mode`);
    const users = ['source', 'server_claims', 'server_owner', 'snapshot_entry'].map(
      (table) => sql.fragment`select from ${sql.identifier([table])} as used where used.claim_set_id = claim_set.id`,
    );
    const isUsed = sql.join(
      users.map((user) => sql.fragment`exists (${user})`),
      sql.fragment` or `,
    );
    await transaction.query(sql.type(nothing)`delete from claim_set where not (${isUsed})`);
  });
}

function isEmpty(claims: Claims): boolean {
  return Object.keys(claims).length === 0;
}

/** Digest of claims in hexadecimal, independent of the order of names. */
function digestOf(claims: Claims): string {
  const members = Object.entries(claims).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(members)).digest('hex');
}
