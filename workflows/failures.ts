/** Failures as workflow code sees them: wrapped once by the activity, and once more by a child workflow. */
import {
  ApplicationFailure,
  CancelledFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { isCancellation } from '@temporalio/workflow';
import { type FailureType, isFailureType } from '../registry/failure.ts';
import type { FailureDetails } from './contract/activities.ts';
import { shortened } from './text.ts';

export interface FailureCause {
  readonly type: FailureType | 'Unknown';
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Messages go into search results, tables, and the actor's state. */
const MAX_MESSAGE_LENGTH = 500;

/** The innermost cause in a chain of wrappers. */
export function causeOf(error: unknown): FailureCause {
  const causes = causeChain(error);
  const failure = causes.find((cause) => cause instanceof ApplicationFailure);
  if (failure === undefined) return { type: 'Unknown', message: shortened(explain(causes), MAX_MESSAGE_LENGTH) };
  const { retryAfterMs } = (failure.details?.[0] ?? {}) as FailureDetails;
  return {
    type: isFailureType(failure.type) ? failure.type : 'Unknown',
    message: shortened(failure.message, MAX_MESSAGE_LENGTH),
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
  };
}

/**
 * A failure that a handler or workflow can throw. Any error that isn't a `TemporalFailure` would fail the workflow task again and
 * again, and the actor would be stuck.
 */
export function toFailure(error: unknown): TemporalFailure {
  if (wasCancelled(error) && error instanceof TemporalFailure) return error;
  const { type, message, retryAfterMs } = causeOf(error);
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    details: retryAfterMs === undefined ? [] : [{ retryAfterMs } satisfies FailureDetails],
    ...(error instanceof Error && { cause: error }),
  });
}

export function refusal(type: FailureType, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}

/** Whether something was ended on purpose: by its scope, or by hand in the Web UI. */
export function wasCancelled(error: unknown): boolean {
  return isCancellation(error);
}

/** Whether a child workflow was ended from outside and couldn't close its own record. */
export function wasKilled(error: unknown): boolean {
  return causeChain(error).some((cause) => cause instanceof TerminatedFailure);
}

/** Whether no worker took an activity in time. */
export function wasNotStarted(error: unknown): boolean {
  return wasTimeout(error, 'SCHEDULE_TO_START');
}

/** Whether an attempt of an activity exceeded its deadline. */
export function tookTooLong(error: unknown): boolean {
  return wasTimeout(error, 'START_TO_CLOSE');
}

function wasTimeout(error: unknown, type: TimeoutFailure['timeoutType']): boolean {
  return causeChain(error).some((cause) => cause instanceof TimeoutFailure && cause.timeoutType === type);
}

function causeChain(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let cause = error; cause !== undefined && cause !== null; cause = (cause as { cause?: unknown }).cause) {
    chain.push(cause);
  }
  return chain;
}

function explain(causes: readonly unknown[]): string {
  const last = causes.at(-1);
  if (last instanceof TerminatedFailure) return 'terminated manually';
  if (last instanceof CancelledFailure) return 'cancelled';
  if (last instanceof TimeoutFailure) return explainTimeout(last);
  return last instanceof Error ? last.message : String(last);
}

function explainTimeout({ timeoutType, message }: TimeoutFailure): string {
  if (timeoutType === 'HEARTBEAT') return 'the worker that ran the last attempt was lost';
  if (timeoutType === 'START_TO_CLOSE') return 'it exceeded its deadline';
  return timeoutType === 'SCHEDULE_TO_CLOSE' ? 'it did not finish in time' : message;
}
