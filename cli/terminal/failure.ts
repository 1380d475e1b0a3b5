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
