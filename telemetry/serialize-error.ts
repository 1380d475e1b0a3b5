/** Converts errors for the log. */
import { withoutSecrets } from '../outbound/redaction.ts';
import { describeError } from './describe-error.ts';
import { errorType } from './span.ts';

interface LoggedError {
  readonly type: string;
  readonly message: string;
  /** Only unexpected errors have a stack, because they may be bugs in Rollcall. */
  readonly stack?: string;
  readonly cause?: string;
}

/** Errors whose message is enough: it says what is wrong and what to do. */
const EXPECTED_NAMES: ReadonlySet<string> = new Set([
  'RollcallError',
  'HttpError',
  'DatabaseUnavailable',
  'TemporalUnavailable',
  'Overloaded',
  'PassingFailure',
  'UnusableAnswer',
  'TokenRejected',
  'AbortError',
  'TimeoutError',
  'ServiceError',
  'TransportError',
  'CancelledFailure',
]);
/** Codes of Node (`ECONNREFUSED`), undici, and PostgreSQL (`57P01`): the code and the message say what happened. */
const KNOWN_CODE = /^(?:E[A-Z_]+|UND_ERR_\w+|[0-9A-Z]{5})$/;
/** The type of an `ApplicationFailure` for an unexpected error of an activity. */
const UNKNOWN_FAILURE = 'Unknown';

export function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { stack, cause } = error;
  const logged: LoggedError = {
    type: errorType(error),
    message: withoutSecrets(describeError(error)),
    ...(!isExpected(error) && stack !== undefined && { stack: withoutSecrets(stack) }),
    ...(cause instanceof Error && { cause: withoutSecrets(`${errorType(cause)}: ${describeError(cause)}`) }),
  };
  return logged;
}

function isExpected(error: Error): boolean {
  if (EXPECTED_NAMES.has(error.name)) return true;
  const { code, type } = error as { code?: unknown; type?: unknown };
  if (error.name === 'ApplicationFailure') return type !== UNKNOWN_FAILURE;
  if (typeof code === 'string' && KNOWN_CODE.test(code)) return true;
  return error.cause instanceof Error && isExpected(error.cause);
}
