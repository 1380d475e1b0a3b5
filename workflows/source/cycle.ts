/** One cycle of a source: check whether anything is new, sync if it may be, and record the outcome. */
import { type TypedSearchAttributes, type SearchAttributePair, WorkflowIdReusePolicy } from '@temporalio/common';
import { executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { check, recordFailure } from '../activities.ts';
import { PRIORITY, SourceKindAttribute, SourceName, SyncTriggerAttribute, syncWorkflowId } from '../contract/names.ts';
import type { SyncInput, SyncReport, SyncResult } from '../contract/syncs.ts';
import { causeOf, wasCancelled, wasKilled } from '../failures.ts';
import { asksFirst, isFullSyncDue } from './next-sync.ts';
import type { SourceActor } from './source-actor.ts';
import { recordOf, sync } from './sync.ts';
import type { PendingSync } from './sync-request.ts';
import { describeCycle } from './trace.ts';
import { isListed } from './visibility.ts';

export async function runCycle(actor: SourceActor): Promise<void> {
  const firstTrigger = actor.beginCycle(Date.now());
  if (asksFirst(firstTrigger) && (await hasNothingNew(actor))) {
    actor.endCycleWithNothingNew();
    return;
  }
  // Retired during the check.
  if (actor.retirement !== undefined) return;
  // This sync also answers a message that arrived during the check.
  const pending: PendingSync = actor.takePending() ?? { trigger: firstTrigger };
  const { trigger, force = false, ...request } = pending;
  const { source } = actor.state;
  await runSync(actor, {
    ...request,
    source,
    number: actor.takeSyncNumber(),
    trigger,
    force,
    full: force || isFullSyncDue(actor.state, Date.now()),
  });
}

/** Whether it is certain that nothing is new. A failed check, or a message during it, leads to a sync. */
async function hasNothingNew(actor: SourceActor): Promise<boolean> {
  const { source, nextSyncNumber } = actor.state;
  const input = { sourceName: source.name, lastSync: nextSyncNumber - 1 };
  const summary = `Check ${source.label} for changes`;
  try {
    const { news } = await actor.during('checking', () => check.executeWithOptions({ summary }, [input]));
    actor.noteChecked(new Date().toISOString());
    return news === 'nothing' && actor.state.pending === undefined;
  } catch {
    return false;
  }
}

async function runSync(actor: SourceActor, input: SyncInput): Promise<void> {
  const startedAt = new Date().toISOString();
  describeCycle({ 'rollcall.sync.number': input.number, 'rollcall.sync.trigger': input.trigger });
  const { retryAfterMs, ...ending } = await actor.during('syncing', () => endingOf(input));
  const report: SyncReport = {
    ...ending,
    number: input.number,
    trigger: input.trigger,
    startedAt,
    endedAt: new Date().toISOString(),
  };
  actor.endCycleWithSync(report, { full: input.full, retryAfterMs });
}

type Ending = Pick<SyncReport, 'outcome' | 'counts' | 'totals' | 'upstreamRevision' | 'failure'> & {
  readonly retryAfterMs?: number | undefined;
};

async function endingOf(input: SyncInput): Promise<Ending> {
  try {
    return await executeSync(input);
  } catch (error) {
    if (wasCancelled(error)) return { outcome: 'cancelled' };
    const { retryAfterMs, ...failure } = causeOf(error);
    if (wasKilled(error)) await recordFailure({ ...recordOf(input), outcome: 'failed', failure });
    return { outcome: 'failed', failure, retryAfterMs };
  }
}

/** Each sync is a workflow of its own, so that it has its own page in the Web UI, red if it failed. */
async function executeSync(input: SyncInput): Promise<SyncResult> {
  const { name } = input.source;
  return executeChild(sync, {
    workflowId: syncWorkflowId(name, input.number),
    args: [input],
    // If an actor is terminated, its sync is cancelled too: nothing would wait for the result.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    // The sync's activities inherit this.
    priority: {
      priorityKey: input.trigger === 'message' ? PRIORITY.requestedSync : PRIORITY.sync,
      fairnessKey: name,
    },
    staticSummary: `Sync ${input.number} of ${name}, started by: ${startedBy(input)}`,
    ...(isListed() && { typedSearchAttributes: searchAttributesOf(input) }),
  });
}

function startedBy({ trigger, requestedBy, reason, force }: SyncInput): string {
  const by = requestedBy === undefined ? '' : ` from ${requestedBy}`;
  const why = reason === undefined ? '' : ` (${reason})`;
  return `${trigger}${by}${why}${force ? ', forced' : ''}`.slice(0, 150);
}

function searchAttributesOf({ source, trigger }: SyncInput): SearchAttributePair[] | TypedSearchAttributes {
  return [
    { key: SourceName, value: source.name },
    { key: SourceKindAttribute, value: source.kind },
    { key: SyncTriggerAttribute, value: trigger },
  ];
}
