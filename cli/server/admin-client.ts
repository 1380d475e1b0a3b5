/** Client of the admin API of a running Rollcall server. */
import { createTRPCClient, httpLink, TRPCClientError, type TRPCClient } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AdminRouter } from '../../api/trpc/router.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { faultsText } from '../terminal/table.ts';
import { refusalMessage, unreachable } from './server-errors.ts';
import { connectServer, type ServerConnection } from './server-connection.ts';
import type { ServerOptions } from './server-options.ts';

export type AdminClient = TRPCClient<AdminRouter>;
export type AdminInputs = inferRouterInputs<AdminRouter>;
export type AdminAnswers = inferRouterOutputs<AdminRouter>;

/** Calls the admin API. Errors become a `CommandFailure` that names the server or the cause. */
export async function askServer<Answer>(
  options: ServerOptions,
  question: (client: AdminClient) => Promise<Answer>,
): Promise<Answer> {
  return askOver(await connectServer(options), question);
}

/** Calls the admin API over an existing connection. */
export async function askOver<Answer>(
  connection: ServerConnection,
  question: (client: AdminClient) => Promise<Answer>,
): Promise<Answer> {
  const client = createTRPCClient<AdminRouter>({
    links: [
      httpLink({
        url: `${connection.server}/trpc`,
        fetch: (url, init) => connection.fetch(url, init as RequestInit), // tRPC's own type fits any fetch
      }),
    ],
  });
  try {
    return await question(client);
  } catch (error) {
    throw error instanceof TRPCClientError ? toFailure(connection.server, error) : error;
  }
}

function toFailure(server: string, error: TRPCClientError<AdminRouter>): CommandFailure {
  if (error.cause instanceof CommandFailure) return error.cause;
  if (error.data !== undefined && error.data !== null) {
    const { faults = [] } = error.data;
    return new CommandFailure(faults.length > 0 ? faultsText('The request', faults) : error.message);
  }
  // The request was refused before it reached the admin API, or a proxy answered it.
  const { response, responseJSON } = error.meta ?? {};
  const message = refusalMessage(responseJSON);
  if (message === undefined) return unreachable(server, error);
  // Rollcall has an admin API, so it doesn't answer 404 before it.
  const isOther = response instanceof Response && response.status === 404;
  return new CommandFailure(isOther ? `${server} answered 404: ${message}. Is it a Rollcall server?` : message);
}
