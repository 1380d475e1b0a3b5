/** The command line, and how every command ends. */
import { CommanderError } from 'commander';
import { CommandFailure, describeError, USAGE_EXIT_STATUS } from './terminal/failure.ts';
import { printable } from './terminal/printable.ts';
import { createProgram } from './program.ts';

/**
 * Errors are told in one message, without a stack unless the log level is `debug`. Status 1: it could not be done;
 * 2: it was called in a wrong way.
 */
function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_STATUS; // commander has told it
  const message = error instanceof CommandFailure ? error.message : describeError(error);
  if (message !== '') console.error(printable(message));
  if (process.env['ROLLCALL_LOG_LEVEL'] === 'debug') console.error(error);
  return error instanceof CommandFailure ? error.exitStatus : 1;
}

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitStatusOf(error);
}
// Whatever still holds the process open (a socket that is kept alive, a timer) has nothing to do any more.
process.exit();
