/** Tries a source out: fetches and stages its entries like a sync, and applies nothing. */
import { fetchOnce, onRequestedQueue } from './activities.ts';
import type { FetchSnapshotResult } from './contract/activities.ts';
import type { TrialInput } from './contract/syncs.ts';

/** The result is in Postgres, with the record of the trial. Fails with the failure of the fetch. */
export async function trial({ sourceName, deadlineMs }: TrialInput): Promise<FetchSnapshotResult> {
  const { fetchSnapshot } = fetchOnce(deadlineMs);
  const input = { sourceName, number: 1, trigger: 'message', force: true, full: true } as const;
  return await onRequestedQueue((options) =>
    fetchSnapshot.executeWithOptions({ ...options, summary: 'Fetch without applying' }, [input]),
  );
}
