/** One sync: fetch and stage, then apply in one transaction; what goes wrong is put on the sync's record. */
import { CancellationScope, setCurrentDetails } from '@temporalio/workflow';
import { applySnapshot, fetchWithin, recordFailure } from './activities.ts';
import type { FetchSnapshotResult, SyncInput, SyncResult } from './contract.ts';
import { originLabel } from './definition.ts';
import { causeOf, toFailure, wasCancelled } from './failures.ts';
import { renderCounts } from './sync-details.ts';
import { listOutcome } from './visibility.ts';

/** A snapshot is lost when Postgres crashes before it was applied; it is fetched again, but not for ever. */
const MOST_FETCHES = 3;

/** Fails with what went wrong, so that its page in the Web UI says it first. */
export async function sync(input: SyncInput): Promise<SyncResult> {
  try {
    const result = await fetchAndApply(input);
    listOutcome(result.outcome);
    setCurrentDetails(renderCounts(result));
    return result;
  } catch (error) {
    await CancellationScope.nonCancellable(() => noteFailure(input, error));
    throw wasCancelled(error) ? error : toFailure(error);
  }
}

async function fetchAndApply(input: SyncInput): Promise<SyncResult> {
  for (let fetches = 1; ; fetches += 1) {
    const fetched = await fetch(input);
    try {
      return await apply(input, fetched);
    } catch (error) {
      if (causeOf(error).type !== 'SnapshotLost' || fetches === MOST_FETCHES) throw error;
    }
  }
}

async function fetch(input: SyncInput): Promise<FetchSnapshotResult> {
  const { definition } = input;
  setCurrentDetails(`Fetching ${originLabel(definition)}.`);
  const { fetchSnapshot } = fetchWithin(definition.syncPolicy.deadlineMs);
  return fetchSnapshot.executeWithOptions({ summary: `Fetch ${originLabel(definition)}` }, [input]);
}

async function apply(input: SyncInput, fetched: FetchSnapshotResult): Promise<SyncResult> {
  const what =
    fetched.snapshot === 'unchanged' ? 'Note that nothing changed' : `Apply ${fetched.counts.entries} entries`;
  setCurrentDetails(`${what}.`);
  return applySnapshot.executeWithOptions({ summary: what }, [{ ...input, fetched }]);
}

async function noteFailure(input: SyncInput, error: unknown): Promise<void> {
  const outcome = wasCancelled(error) ? 'cancelled' : 'failed';
  const { type, message } = causeOf(error);
  listOutcome(outcome);
  setCurrentDetails(`**${outcome}**: ${type}\n\n${message}`);
  await recordFailure.executeWithOptions({ summary: `Record: ${outcome}` }, [
    { ...input, outcome, failure: { type, message } },
  ]);
}
