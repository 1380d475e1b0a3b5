/** Run every few minutes by a schedule: actors are made to agree with Postgres, and what is old is dropped. */
import { purge, reconcileSources } from './activities.ts';
import { toFailure } from './failures.ts';

/** Each of the two is done even if the other fails; the workflow then fails too, so that somebody sees it. */
export async function housekeeping(): Promise<void> {
  const results = await Promise.allSettled([
    reconcileSources.executeWithOptions({ summary: 'Make the actors agree with the sources in Postgres' }, []),
    purge.executeWithOptions({ summary: 'Drop old tombstones, sync records and write requests' }, []),
  ]);
  for (const result of results) {
    if (result.status === 'rejected') throw toFailure(result.reason);
  }
}
