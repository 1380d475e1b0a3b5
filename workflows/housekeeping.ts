/**
 * A schedule runs this every few minutes: it makes the actors match Postgres, purges old data, and has packages read that are
 * due.
 */
import { purge, reconcileSources } from './activities.ts';
import { toFailure } from './failures.ts';
import { startReadingPackages } from './packages.ts';

/** Each of the two runs even if the other fails. The workflow then fails too, so that the failure is visible. */
export async function housekeeping(): Promise<void> {
  const results = await Promise.allSettled([
    reconcileSources.executeWithOptions({ summary: 'Reconcile the actors with the sources in Postgres' }, []),
    purge.executeWithOptions({ summary: 'Purge old tombstones, sync records, and write requests' }, []),
  ]);
  const [reconciled] = results;
  if (reconciled.status === 'fulfilled' && reconciled.value.packages === true) await startReadingPackages({});
  for (const result of results) {
    if (result.status === 'rejected') throw toFailure(result.reason);
  }
}
