/** Ends a command with one clear message. */

/** Exit status of usage errors, the same as commander's. */
export const USAGE_EXIT_STATUS = 2;

/** Explains why a command failed; printed without a stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitStatus: number;

  constructor(message: string, exitStatus = 1) {
    super(message);
    this.exitStatus = exitStatus;
  }
}

/** The message of an error. Some network errors have only nested errors or a code. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0]);
  return 'code' in error ? String(error.code) : error.name;
}
