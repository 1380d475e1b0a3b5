/** The bytes of files, each stored once, by their SHA-256. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Database } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';

/** Longer than any sync, so that content isn't deleted between being stored and being applied. */
const UNUSED_HOURS = 24;

const digestRow = z.object({ digest: z.instanceof(Buffer) });

/** Stores new content. It is visible to readers once an applied entry has it. */
export async function storeContents(
  database: Database,
  contents: Iterable<{ readonly digest: Buffer; readonly bytes: Uint8Array }>,
): Promise<void> {
  const byDigest = new Map([...contents].map((content) => [content.digest.toString('hex'), content]));
  const digests = [...byDigest.values()].map(({ digest }) => [digest]);
  const stored = await database.anyFirst(sql.type(digestRow)`
    select content.digest from ${sql.unnest(digests, ['bytea'])} as wanted (digest) join content using (digest)`);
  // Content that only an earlier sync has stored could be deleted at any time.
  await database.query(sql.type(nothing)`
    update content set stored_at = now()
    where digest in (select * from ${sql.unnest(digests, ['bytea'])})
    and stored_at < now() - interval '1 hour' and not exists (select from entry_file where entry_file.digest = content.digest)`);
  for (const digest of stored) byDigest.delete(digest.toString('hex'));
  for (const { digest, bytes } of byDigest.values()) {
    await database.query(sql.type(nothing)`
      insert into content (digest, bytes) values (${sql.binary(digest)}, ${sql.binary(Buffer.from(bytes))})
      on conflict do nothing`);
  }
}

const bytesRow = z.object({ bytes: z.instanceof(Buffer) });

/** Stored content by its SHA-256, as 64 hexadecimal digits. Null if it isn't stored. */
export async function findBytes(database: Database, digest: string): Promise<Buffer | null> {
  return await database.maybeOneFirst(sql.type(bytesRow)`
    select bytes from content where digest = ${sql.binary(Buffer.from(digest, 'hex'))}`);
}

/** Deletes content that no entry has, and that no running sync can have stored. */
export async function purgeContents(database: Database): Promise<void> {
  await database.query(sql.type(nothing)`
    delete from content
    where stored_at < now() - make_interval(hours => ${UNUSED_HOURS})
    and not exists (select from entry_file where entry_file.digest = content.digest)
    and not exists (select from snapshot_file where snapshot_file.digest = content.digest)`);
}
