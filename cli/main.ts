/** Entry point of the command line: runs the command and maps its outcome to an exit status. */
import { CommanderError } from 'commander';
import { describeError } from '../telemetry/describe-error.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from './terminal/failure.ts';
import { printable } from './terminal/printable.ts';
import { createProgram } from './program.ts';

/**
 * Prints an error as one message, with a stack only at log level `debug`. Status 1: the command failed; 2: usage error.
 */
function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_STATUS; // commander has printed it
  const message = error instanceof CommandFailure ? error.message : describeError(error);
  if (message !== '') console.error(printable(message));
  if (process.env['THV_REGISTRY_LOG_LEVEL'] === 'debug') console.error(error);
  return error instanceof CommandFailure ? error.exitStatus : 1;
}

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitStatusOf(error);
}
// Don't wait for idle keep-alive sockets and timers.
process.exit();
