/** The workflow of one MCPRegistry resource: watches and a timer wake it, and it reconciles. */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { backoffMs } from '../../pacing/backoff.ts';
import { causeOf } from '../failures.ts';
import { shortened } from '../text.ts';
import { renderRegistry } from './details.ts';
import {
  describeRegistryQuery,
  type ReconcileResult,
  type RegistryActivities,
  type RegistryState,
  type WakeReason,
  wakeSignal,
} from '../contract/registry.ts';

const { reconcileRegistry } = proxyActivities<RegistryActivities>({
  startToCloseTimeout: '2 minutes',
  // The workflow backs off itself, so that a change of the resource ends the wait.
  retry: { maximumAttempts: 1 },
});

/** Keeps histories short enough to be read. */
const LOOKS_PER_RUN = 50;
const BACKOFF = { firstMs: 1_000, longestMs: 5 * 60_000 };
const REMEMBERED_LINES = 20;
/** Summaries have at most 400 bytes. */
const MAX_SUMMARY_LENGTH = 120;

const SUMMARIES: Readonly<Record<WakeReason | 'timer', string>> = {
  resource: 'Reconcile: the resource was created or changed',
  object: 'Reconcile: an object of the registry changed',
  reference: 'Reconcile: an object that the resource refers to changed',
  start: 'Reconcile: the operator started',
  timer: 'Check the pods and the sources',
};

/** @param given the argument of a new workflow, or what the previous run passed on */
export async function registry(given: RegistryState): Promise<void> {
  let { woken, ...state } = given;
  setHandler(
    wakeSignal,
    (wake) => {
      woken = wake?.reason in SUMMARIES ? wake.reason : 'resource';
    },
    { description: 'Reconcile now' },
  );
  setHandler(describeRegistryQuery, () => state, { description: 'The state of the registry' });

  for (let looks = 0; ; looks += 1) {
    const isLong = looks >= LOOKS_PER_RUN || workflowInfo().continueAsNewSuggested;
    if (isLong && allHandlersFinished()) {
      return continueAsNew<typeof registry>({ ...state, ...(woken !== undefined && { woken }) });
    }
    const reason = woken ?? 'timer';
    woken = undefined;
    state = await look(state, reason);
    setCurrentDetails(renderRegistry(state));
    // A signal that came in the meantime is about a resource of the same name.
    if (state.last?.outcome === 'ended' && state.failures === 0 && woken === undefined) return;
    const isWoken = (): boolean => woken !== undefined;
    await condition(isWoken, nextLookMs(state), { summary: waitSummary(state) });
  }
}

async function look(state: RegistryState, reason: WakeReason | 'timer'): Promise<RegistryState> {
  const { namespace, name, last, failures } = state;
  const temporalNamespace = last?.temporalNamespace;
  const apply = reason !== 'timer' || failures > 0;
  try {
    const result = await reconcileRegistry.executeWithOptions({ summary: SUMMARIES[reason] }, [
      { namespace, name, apply, ...(temporalNamespace !== undefined && { temporalNamespace }) },
    ]);
    return { ...state, failures: 0, last: result, story: tell(state, linesOf(result, last)) };
  } catch (error) {
    const { type, message } = causeOf(error);
    const line = `could not reconcile: ${type}: ${message}`;
    // Only the first failure is listed: the others are in the history.
    return { ...state, failures: failures + 1, story: failures === 0 ? tell(state, [line]) : state.story };
  }
}

function linesOf(result: ReconcileResult, last: ReconcileResult | undefined): string[] {
  const isNews = result.phase !== last?.phase || result.message !== last?.message;
  return [...result.changes, ...(isNews ? [`${result.phase ?? result.outcome}: ${result.message}`] : [])];
}

function tell({ story }: RegistryState, lines: readonly string[]): RegistryState['story'] {
  const at = new Date().toISOString();
  return [...lines.map((text) => ({ at, text })).toReversed(), ...story].slice(0, REMEMBERED_LINES);
}

/** Between two reconciliations, the timeline shows the state of the registry. */
function waitSummary({ failures, last, story }: RegistryState): string {
  const state = `${last?.phase ?? last?.outcome ?? 'Waiting'}: ${last?.message ?? ''}`;
  return shortened(failures > 0 ? `Try again: ${story[0]?.text ?? ''}` : state, MAX_SUMMARY_LENGTH);
}

function nextLookMs({ failures, last }: RegistryState): number {
  if (failures === 0) return last?.nextLookMs ?? BACKOFF.firstMs;
  return Math.round(backoffMs(BACKOFF, failures) * (0.5 + Math.random() / 2));
}
