/** Access to the server's tRPC API, typed with the server's own types. */
import { QueryClient } from '@tanstack/react-query';
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client';
import type { AdminRouter } from '../../api/trpc/router.ts';
import type { Fault } from '../../registry/server-json/check.ts';
import { texts } from '../parts/texts.ts';

/** The URL of the console's folder, with a path prefix of a reverse proxy if there is one. */
export const CONSOLE_URL = new URL('.', document.baseURI);

/** The path of the console's folder, without the last slash: `/console`. */
export const CONSOLE_PATH = CONSOLE_URL.pathname.replace(/\/$/, '');

/** A URL of the server, from a path relative to its root: `v0.1/servers`. */
export function serverUrl(path: string): URL {
  return new URL(`../${path}`, CONSOLE_URL);
}

const url = serverUrl('trpc').href;

/** One request per query, so that a slow one delays no other. Subscriptions are server-sent events. */
export const server = createTRPCClient<AdminRouter>({
  links: [
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: httpSubscriptionLink({ url }),
      false: httpLink({ url }),
    }),
  ],
});

/** Only temporary failures are retried: no answer, or an error of the server itself. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && mayPass(error),
      retryDelay: (attempt) => 500 * 2 ** attempt,
    },
  },
});

function mayPass(error: Error): boolean {
  const status = statusOf(error);
  return status === undefined || status >= 500;
}

/** The HTTP status of a refused request; undefined if the server didn't answer. */
function statusOf(error: Error): number | undefined {
  if (!(error instanceof TRPCClientError)) return undefined;
  const { data } = error as TRPCClientError<AdminRouter>;
  return data?.httpStatus;
}

/** The server's message, or a message that it didn't answer. */
export function messageOf(error: Error): string {
  const isUnanswered = error instanceof TRPCClientError && statusOf(error) === undefined;
  return isUnanswered ? texts.unreachable : error.message;
}

/** The faults of a refused input, by paths such as `git.repository`. */
export function faultsOf(error: Error): readonly Fault[] {
  if (!(error instanceof TRPCClientError)) return [];
  return (error as TRPCClientError<AdminRouter>).data?.faults ?? [];
}
