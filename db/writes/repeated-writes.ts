/** Writes that a caller repeats, because the first response was lost or the outcome was unknown. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Database } from '../connection/database.ts';
import { type EntryWrite, fingerprintOf } from './write-requests.ts';

/** An identical write of the same caller within this time, in milliseconds, is a repetition. */
const REPEATED_WITHIN_MS = 15 * 60_000;

const requestRow = z.object({ requestId: z.string() });

/**
 * Returns the id of the write that this one repeats: an identical one of the same caller within the last 15 minutes
 * that didn't fail, unless another write to the same version followed. Null if there is none.
 */
export async function findRepeatedWrite(
  database: Database,
  { sourceName, caller, write }: { readonly sourceName: string; readonly caller: string; readonly write: EntryWrite },
): Promise<string | null> {
  return await database.maybeOneFirst(sql.type(requestRow)`
    select repeated.request_id as "requestId"
    from write_request as repeated join source on source.id = repeated.source_id
    where source.name = ${sourceName} and repeated.name = ${write.name} and repeated.caller = ${caller}
      and repeated.fingerprint = ${sql.binary(fingerprintOf(write))}
      and repeated.created_at > now() - make_interval(secs => ${REPEATED_WITHIN_MS / 1000})
      and (repeated.outcome is null or repeated.outcome ? 'entries')
      and not exists (
        select from write_request as later
        where later.source_id = repeated.source_id and later.name = repeated.name
          and later.created_at > repeated.created_at and later.fingerprint <> repeated.fingerprint
          and (later.outcome is null or later.outcome ? 'entries')
          and (later.version is null or repeated.version is null or later.version = repeated.version)
      )
    order by repeated.outcome is null, repeated.created_at limit 1`);
}
