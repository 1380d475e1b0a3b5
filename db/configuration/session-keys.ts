/** The secrets that seal the cookies of the console, shared by all api processes. */
import { randomBytes } from 'node:crypto';
import { sql } from 'slonik';
import { z } from 'zod';
import type { Database } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';

const SECRET_BYTES = 32;
const secretRow = z.object({ secret: z.instanceof(Buffer) });

export interface SessionKeyAges {
  /** Milliseconds after which the newest secret is replaced. */
  readonly sealsForMs: number;
  /** Milliseconds after which a secret is deleted. */
  readonly opensForMs: number;
}

/** Returns the secrets, newest first, at least one. Adds one if the newest is too old, and deletes those that expired. */
export async function currentSessionSecrets(
  database: Database,
  { sealsForMs, opensForMs }: SessionKeyAges,
): Promise<readonly Buffer[]> {
  return await database.transaction(async (transaction) => {
    // Two processes that start together must not both add one.
    await transaction.query(sql.type(nothing)`lock table session_key in share row exclusive mode`);
    await transaction.query(sql.type(nothing)`
      delete from session_key where created_at < now() - ${opensForMs} * interval '1 millisecond'`);
    await transaction.query(sql.type(nothing)`
      insert into session_key (secret) select ${sql.binary(randomBytes(SECRET_BYTES))}
      where not exists (
        select from session_key where created_at > now() - ${sealsForMs} * interval '1 millisecond'
      )`);
    return await transaction.anyFirst(sql.type(secretRow)`select secret from session_key order by id desc`);
  });
}
