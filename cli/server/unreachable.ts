import { describeConnectionError } from './certificate-authorities.ts';
import { CommandFailure } from '../terminal/failure.ts';

/** Nobody answers, or not in a way that can be understood: says what `fetch` hides in the causes of its error. */
export function unreachable(server: string, error: unknown): CommandFailure {
  return new CommandFailure(
    `No Rollcall answers at ${server} (${reasonOf(rootCause(error))}). Start one with \`rollcall serve\`, or name it with --server`,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof SyntaxError ? 'something else does' : describeConnectionError(error);
}

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootCause(error.cause) : error;
}
