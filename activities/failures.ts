/** Turns errors of activities into failures that Temporal records and that the actor handles. */
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { DatabaseUnavailable } from '../db/connection/availability.ts';
import { type FailureType, RollcallError } from '../registry/failure.ts';
import type { FailureDetails } from '../workflows/contract/activities.ts';
import { withoutSecrets } from '../outbound/redaction.ts';
import { describeError } from '../telemetry/describe-error.ts';

/** Failures that another attempt of the same activity can avoid. */
const WORTH_RETRYING: ReadonlySet<FailureType> = new Set([
  'UpstreamUnavailable',
  'UpstreamRateLimited',
  'UpstreamInvalid',
]);

/** Failures that are answers to a writer, and of no interest to an operator. */
const REFUSALS: ReadonlySet<FailureType> = new Set([
  'EntryInvalid',
  'EntryExists',
  'EntryNotFound',
  'EntryUnchanged',
  'ClaimsMismatch',
  'RequestConflict',
]);

/** The longest wait that an upstream can ask of a running sync. If it asks for more, the next sync is planned for then. */
const LONGEST_RETRY_DELAY_MS = 60_000;
/** Longest message or stack in a history, in characters. */
const MAX_TEXT_LENGTH = 4_000;

/** Runs an activity so that it fails with an `ApplicationFailure` that names its cause and contains no secret. */
export async function failingClearly<Result>(activity: () => Promise<Result>): Promise<Result> {
  try {
    return await activity();
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) throw new CancelledFailure('the activity was cancelled');
    throw toApplicationFailure(error);
  }
}

/** An unknown error counts as temporary: it is retried and keeps its message. */
export function toApplicationFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof DatabaseUnavailable) return databaseFailure(error);
  if (!(error instanceof RollcallError)) return unknownFailure(error);
  const { type, message, retryAfterMs } = error;
  const patient = retryAfterMs !== undefined && retryAfterMs <= LONGEST_RETRY_DELAY_MS;
  return ApplicationFailure.create({
    type,
    message: shown(message),
    nonRetryable: !WORTH_RETRYING.has(type) || (retryAfterMs !== undefined && !patient),
    ...(REFUSALS.has(type) && { category: ApplicationFailureCategory.BENIGN }),
    ...(patient && { nextRetryDelay: retryAfterMs }),
    ...(retryAfterMs !== undefined && { details: [{ retryAfterMs } satisfies FailureDetails] }),
  });
}

function databaseFailure({ name, cause }: DatabaseUnavailable): ApplicationFailure {
  const message = `Postgres was unavailable: ${describeError(cause)}`;
  return ApplicationFailure.create({ type: name, message: shown(message), nonRetryable: false });
}

function unknownFailure(error: unknown): ApplicationFailure {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const failure = ApplicationFailure.create({ type: 'Unknown', message: shown(message), nonRetryable: false });
  if (error instanceof Error && error.stack !== undefined) failure.stack = shown(error.stack);
  return failure;
}

/** Shortened after redaction: a truncated URL might not be recognized as one. */
function shown(text: string): string {
  const clean = withoutSecrets(text);
  return clean.length > MAX_TEXT_LENGTH ? `${clean.slice(0, MAX_TEXT_LENGTH - 1)}…` : clean;
}
