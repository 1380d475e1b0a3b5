/** Ending a command with one clear message. */

/** The exit status of a command that was called in a wrong way, as commander's own checks end. */
export const USAGE_EXIT_STATUS = 2;

/** Says why a command could not do its work; shown without a stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitStatus: number;

  constructor(message: string, exitStatus = 1) {
    super(message);
    this.exitStatus = exitStatus;
  }
}

/** What an error says to a person. Some errors of the network have no message of their own, only parts or a code. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0]);
  return 'code' in error ? String(error.code) : error.name;
}
