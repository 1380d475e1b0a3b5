/** The actor of a source, which lives as long as the source. */
import {
  allHandlersFinished,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import { retireActivities } from '../activities.ts';
import type { SourceState } from '../contract/source-actor.ts';
import { runCycle } from './cycle.ts';
import { currentState, type EarlierState } from './earlier-versions.ts';
import { toFailure } from '../failures.ts';
import { receiveMessages } from './messages.ts';
import { timeUntilCycle } from './next-sync.ts';
import { SourceActor, type Retirement } from './source-actor.ts';
import { inCycleSpan } from './trace.ts';
import { keepWatching } from './watch.ts';

/** Keeps histories readable and replays fast. */
const CYCLES_PER_RUN = 50;
/** The limit for managed sources, whose histories grow with writes: about 90 of them. */
const EVENTS_PER_RUN = 1_000;

/** Starts the next run on the current version of the workers. A run stays on the version on which it started. */
const continueAsNew = makeContinueAsNewFunc<typeof source>({ initialVersioningBehavior: 'AUTO_UPGRADE' });

/** @param given the argument of a new actor, or what the previous run passed on */
export async function source(given: SourceState | EarlierState): Promise<void> {
  const state = currentState(given);
  const actor = new SourceActor(state);
  receiveMessages(actor);
  actor.show();
  keepWatching(actor).catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });

  const lastCycle = state.cycle + CYCLES_PER_RUN;
  const mayContinueAsNew = (): boolean => {
    const { continueAsNewSuggested, historyLength, targetWorkerDeploymentVersionChanged } = workflowInfo();
    const isTime = actor.state.cycle >= lastCycle || continueAsNewSuggested || targetWorkerDeploymentVersionChanged;
    const isLong = (): boolean => historyLength > EVENTS_PER_RUN && patched('short-histories');
    return allHandlersFinished() && (isTime || isLong());
  };

  while (actor.retirement === undefined) {
    if (mayContinueAsNew()) return continueAsNew(actor.state);
    if (actor.isDue(Date.now())) await inCycleSpan(actor, () => runCycle(actor));
    else await waitForWork(actor, mayContinueAsNew);
  }
  await retire(actor, actor.retirement);
}

/** Waits for the timer, a message, or the watch, whichever comes first. */
async function waitForWork(actor: SourceActor, mayContinueAsNew: () => boolean): Promise<void> {
  const { paused } = actor.state;
  const interrupted = (): boolean =>
    actor.isDue(Date.now()) || actor.state.paused !== paused || actor.retirement !== undefined || mayContinueAsNew();
  const wait = timeUntilCycle(actor.state, Date.now());
  if (wait === undefined) await condition(interrupted);
  else await condition(interrupted, wait, { summary: timerSummary(actor) });
}

function timerSummary({ state }: SourceActor): string {
  if (state.consecutiveFailures === 0) return 'Next check';
  return state.consecutiveFailures === 1
    ? 'Retry after a failure'
    : `Retry after ${state.consecutiveFailures} failures`;
}

/** Carries out a retirement. If that fails the workflow fails too, and housekeeping starts the actor again. */
async function retire(actor: SourceActor, retirement: Retirement): Promise<void> {
  const { entries } = retirement;
  const summary = entries === 'remove' ? 'Remove the source and its entries' : 'Keep the entries without serving them';
  try {
    await retireActivities().retireSource.executeWithOptions({ summary }, [{ sourceName: actor.name, entries }]);
    retirement.result = 'done';
  } catch (error) {
    retirement.result = toFailure(error);
  }
  await condition(allHandlersFinished);
  if (retirement.result !== 'done') throw retirement.result;
}
