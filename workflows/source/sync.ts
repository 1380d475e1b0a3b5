/** One sync: fetch and stage, then apply in one transaction. A failure goes on the sync's record. */
import { CancellationScope, setCurrentDetails } from '@temporalio/workflow';
import { applySnapshot, fetchWithin, onRequestedQueue, recordFailure } from '../activities.ts';
import type { AppliedSync, FetchInput, FetchSnapshotResult } from '../contract/activities.ts';
import type { SyncInput, SyncKey, SyncOrigin, SyncResult } from '../contract/syncs.ts';
import { currentSyncInput, type EarlierSyncInput } from './earlier-versions.ts';
import { causeOf, refusal, tookTooLong, toFailure, wasCancelled } from '../failures.ts';
import { startReadingPackages } from '../packages.ts';
import { renderFailure, renderResult } from './sync-details.ts';
import { listOutcome } from './visibility.ts';

/** A snapshot is lost if Postgres crashes before it is applied. It is then fetched again, up to this many times. */
const MOST_FETCHES = 3;

/** Fails with the cause, so that the sync's page in the Web UI shows it first. */
export async function sync(given: SyncInput | EarlierSyncInput): Promise<SyncResult> {
  const input = currentSyncInput(given);
  try {
    // The listing stays here: the actor keeps the results of its last syncs.
    const { listing, packages = false, ...result } = await fetchAndApply(input);
    listOutcome(result.outcome);
    setCurrentDetails(renderResult(result, listing));
    if (packages) await startReadingPackages({ sourceName: input.source.name, syncNumber: input.number });
    return result;
  } catch (error) {
    await CancellationScope.nonCancellable(() => noteFailure(input, error));
    throw wasCancelled(error) ? error : toFailure(error);
  }
}

async function fetchAndApply(input: SyncInput): Promise<AppliedSync> {
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
  const { label, policy } = input.source;
  setCurrentDetails(`Fetching ${label}.`);
  const { fetchSnapshot } = fetchWithin(policy.deadlineMs);
  const { force, full } = input;
  const fetchInput: FetchInput = { ...recordOf(input), force, full };
  try {
    return await onQueueOf(input, (options) =>
      fetchSnapshot.executeWithOptions({ ...options, summary: `Fetch ${label}` }, [fetchInput]),
    );
  } catch (error) {
    if (!tookTooLong(error)) throw error;
    throw refusal(
      'UpstreamUnavailable',
      `the fetch took longer than syncPolicy.deadline (${policy.deadlineMs / 1000} s): raise it, or narrow the source`,
    );
  }
}

async function apply(input: SyncInput, fetched: FetchSnapshotResult): Promise<AppliedSync> {
  const what =
    fetched.snapshot === 'unchanged' ? 'Record that nothing changed' : `Apply ${fetched.counts.entries} entries`;
  setCurrentDetails(`${what}.`);
  const { source, number } = input;
  return onQueueOf(input, (options) =>
    applySnapshot.executeWithOptions({ ...options, summary: what }, [{ sourceName: source.name, number }]),
  );
}

/** Runs an activity on the task queue for syncs with this trigger. */
function onQueueOf<Result>(
  { trigger }: SyncInput,
  run: Parameters<typeof onRequestedQueue<Result>>[0],
): Promise<Result> {
  return trigger === 'message' ? onRequestedQueue(run) : run({});
}

async function noteFailure(input: SyncInput, error: unknown): Promise<void> {
  const outcome = wasCancelled(error) ? 'cancelled' : 'failed';
  const failure = causeOf(error);
  const ending = { outcome, ...failure };
  listOutcome(outcome);
  setCurrentDetails(renderFailure(ending));
  const recorded = await recordFailure.executeWithOptions({ summary: `Record: ${outcome}` }, [
    { ...recordOf(input), outcome, failure },
  ]);
  setCurrentDetails(renderFailure(ending, recorded?.rejected));
}

/** The part of a sync's record that describes its start. */
export function recordOf(input: SyncInput): SyncKey & SyncOrigin {
  const { source, force: _force, full: _full, ...start } = input;
  return { ...start, sourceName: source.name };
}
