import type { Database } from '../db/connection/database.ts';
import { carryOutWrite } from '../db/writes/write-requests.ts';
import { kindOfName } from '../registry/entry-kind.ts';
import { RollcallError } from '../registry/failure.ts';
import type { Activities } from '../workflows/contract/activities.ts';
import type { WriteResult } from '../workflows/contract/source-actor.ts';

/** Carries out a write request of a managed source, exactly once. */
export async function write(
  database: Database,
  { sourceName, request }: Parameters<Activities['write']>[0],
): Promise<WriteResult> {
  const outcome = await carryOutWrite(database, { sourceName, requestId: request.requestId });
  if ('failure' in outcome) throw new RollcallError(outcome.failure.type, outcome.failure.message);
  const hasPackages = outcome.entries > 0 && kindOfName(request.name) !== 'server';
  return { entries: outcome.entries, ...(hasPackages && { packages: true }) };
}
