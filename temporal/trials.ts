/** The interface to trials: fetches of sources that don't exist yet. */
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { TRIAL_WORKFLOW, trialWorkflowId } from '../workflows/contract/names.ts';
import type { TrialInput } from '../workflows/contract/syncs.ts';
import { toKnownError } from './known-errors.ts';

/** A trial waits for a free worker this long, in addition to its deadline. */
const QUEUED_FOR_MS = 15_000;

/** Resolves to null if the fetch succeeded, or to why it failed. */
export type RunTrial = (input: TrialInput) => Promise<{ readonly type: string; readonly message: string } | null>;

/** @throws TemporalUnavailable if Temporal or its worker doesn't respond */
export function createTrials(client: Client, taskQueue: string): RunTrial {
  return async (input) => {
    const { sourceName, deadlineMs } = input;
    try {
      await client.withDeadline(Date.now() + deadlineMs + QUEUED_FOR_MS, () =>
        client.workflow.execute(TRIAL_WORKFLOW, {
          workflowId: trialWorkflowId(sourceName),
          taskQueue,
          args: [input],
          workflowExecutionTimeout: deadlineMs + QUEUED_FOR_MS,
          staticSummary: 'Trial of a source',
        }),
      );
      return null;
    } catch (error) {
      if (error instanceof WorkflowFailedError) return failureOf(error);
      throw toKnownError(error, sourceName);
    }
  };
}

function failureOf({ cause }: WorkflowFailedError): { readonly type: string; readonly message: string } {
  const reason = cause instanceof ActivityFailure ? cause.cause : cause;
  if (reason instanceof ApplicationFailure) return { type: reason.type ?? 'Unknown', message: reason.message };
  if (reason instanceof TimeoutFailure) return { type: 'Timeout', message: 'The fetch took too long' };
  return { type: 'Unknown', message: reason?.message ?? 'The fetch failed' };
}
