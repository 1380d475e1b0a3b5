/** Talking to a running Rollcall: its admin API, and the options that all commands which do have in common. */
import { createTRPCClient, httpLink, TRPCClientError, type TRPCClient } from '@trpc/client';
import { type Command, Option } from 'commander';
import type { AdminRouter } from '../api/trpc/router.ts';
import { CommandFailure, describeError } from './failure.ts';

export type AdminClient = TRPCClient<AdminRouter>;

export interface ServerOptions {
  /** The base URL of the API. */
  readonly server: string;
  /** Print what the server answered, for machines. */
  readonly json: boolean;
}

/** Adds `--server` and `--json`. */
export function addServerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--server <url>', 'the running Rollcall').env('ROLLCALL_SERVER').default('http://127.0.0.1:8080'),
    )
    .option('--json', 'print JSON', false);
}

/** Asks the server; what goes wrong ends the command with a message that names the server or the cause. */
export async function askServer<Answer>(
  options: ServerOptions,
  question: (client: AdminClient) => Promise<Answer>,
): Promise<Answer> {
  const server = baseUrl(options.server);
  const client = createTRPCClient<AdminRouter>({ links: [httpLink({ url: `${server}/trpc` })] });
  try {
    return await question(client);
  } catch (error) {
    throw error instanceof TRPCClientError ? toFailure(server, error) : error;
  }
}

/** The URL without a slash at its end. */
export function baseUrl(server: string): string {
  if (!URL.canParse(server)) throw new CommandFailure(`--server: ${server} is not a URL`, 2);
  return server.replace(/\/+$/, '');
}

export function unreachable(server: string, cause: unknown): CommandFailure {
  return new CommandFailure(
    `No Rollcall answers at ${server} (${describeError(cause)}). Start one with \`rollcall serve\`, or name it with --server`,
  );
}

function toFailure(server: string, error: TRPCClientError<AdminRouter>): CommandFailure {
  if (error.data !== undefined && error.data !== null) return new CommandFailure(error.message);
  // No answer of a Rollcall: nobody there, or somebody else.
  return unreachable(server, rootCause(error));
}

function rootCause(error: Error): unknown {
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}

/** Prints an answer, as JSON or as the text that `format` makes of it. */
export function printAnswer<Answer>(options: ServerOptions, answer: Answer, format: (answer: Answer) => string): void {
  console.log(options.json ? JSON.stringify(answer, null, 2) : format(answer));
}
