import { deleteDetachedSource } from '../db/configuration/sources.ts';
import { storePause } from '../db/configuration/source-requests.ts';
import type { Database } from '../db/connection/database.ts';
import { carryOutWrite } from '../db/writes/write-requests.ts';
import { kindOfName } from '../registry/entry-kind.ts';
import { RollcallError } from '../registry/failure.ts';
import type { WriteActivities } from '../workflows/contract/activities.ts';
import type { WriteResult } from '../workflows/contract/source-actor.ts';
import { failingClearly } from './failures.ts';

/** All activities of the write queue. */
export function createWriteActivities(database: Database): WriteActivities {
  return {
    write: (input) => failingClearly(() => write(database, input)),
    // A pause in Postgres survives the loss of Temporal's data.
    recordPause: ({ sourceName, paused }) => failingClearly(() => storePause(database, sourceName, paused)),
    // A source that is kept needs nothing: it left its registries together with the configuration, and may have returned since.
    retireSource: ({ sourceName, entries }) =>
      failingClearly(async () => {
        if (entries === 'remove') await deleteDetachedSource(database, sourceName);
      }),
  };
}

/** Carries out a write request of a managed source, exactly once. */
async function write(
  database: Database,
  { sourceName, request }: Parameters<WriteActivities['write']>[0],
): Promise<WriteResult> {
  const outcome = await carryOutWrite(database, { sourceName, requestId: request.requestId });
  if ('failure' in outcome) throw new RollcallError(outcome.failure.type, outcome.failure.message);
  const hasPackages = outcome.entries > 0 && kindOfName(request.name) !== 'server';
  return { entries: outcome.entries, ...(hasPackages && { packages: true }) };
}
