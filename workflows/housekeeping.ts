/** A schedule runs this every few minutes: it makes the actors match Postgres, and purges old data. */
import { purge, reconcileSources } from './activities.ts';
import { toFailure } from './failures.ts';

/** Each of the two runs even if the other fails. The workflow then fails too, so that the failure is visible. */
export async function housekeeping(): Promise<void> {
  const results = await Promise.allSettled([
    reconcileSources.executeWithOptions({ summary: 'Reconcile the actors with the sources in Postgres' }, []),
    purge.executeWithOptions({ summary: 'Purge old tombstones, sync records, and write requests' }, []),
  ]);
  for (const result of results) {
    if (result.status === 'rejected') throw toFailure(result.reason);
  }
}
