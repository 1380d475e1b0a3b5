/** The session of the user, and their roles. */
import { useSuspenseQuery, queryOptions } from '@tanstack/react-query';
import type { Role } from '../../registry/roles.ts';
import { CONSOLE_URL, server, serverUrl } from './server.ts';

export type Session = Awaited<ReturnType<typeof server.session.query>>;

/** A session is renewed when this much time is left. */
const RENEW_BEFORE_MS = 30_000;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal, client, queryKey }) => {
    let session = await server.session.query(undefined, { signal });
    if (isDue(session) && (await renewSession())) session = await server.session.query(undefined, { signal });
    const before = client.getQueryData<Session>(queryKey);
    // The page stays as it is until the user has signed in again.
    return hasEnded(session) && before !== undefined ? { ...before, session: session.session } : session;
  },
  staleTime: 60_000,
  refetchInterval: ({ state: { data } }) => {
    const expiresAt = data?.session?.expiresAt;
    if (expiresAt === undefined || expiresAt === null) return false;
    return Math.max(5_000, Date.parse(expiresAt) - RENEW_BEFORE_MS - Date.now());
  },
  refetchIntervalInBackground: true,
});

/** Whether the user was signed in and must sign in again. */
export function hasEnded({ session }: Session): boolean {
  return session !== null && session.expiresAt === null;
}

function isDue({ session }: Session): boolean {
  if (session === null || !session.canRenew) return false;
  return session.expiresAt === null || Date.parse(session.expiresAt) - Date.now() < RENEW_BEFORE_MS + 10_000;
}

/**
 * Renews the session, in one tab at a time because providers accept a refresh token only once. Resolves to whether
 * there is a session again.
 */
async function renewSession(): Promise<boolean> {
  const renew = async (): Promise<boolean> => {
    const response = await fetch(serverUrl('auth/refresh'), { method: 'POST' }).catch(() => undefined);
    return response?.ok === true;
  };
  // Only secure contexts have locks.
  return 'locks' in navigator ? await navigator.locks.request('rollcall-session', renew) : await renew();
}

/** The URL where a user signs in, with a return to the current page. */
export function signInUrl(provider?: string, returnTo = location.pathname + location.search): string {
  const url = serverUrl(provider === undefined ? 'auth/login' : `auth/login/${encodeURIComponent(provider)}`);
  url.searchParams.set('return', returnTo);
  return url.href;
}

/** Ends the session here and at the provider, and leaves the page. */
export async function signOut(): Promise<void> {
  const response = await fetch(serverUrl('auth/logout'), { method: 'POST' });
  const answer: unknown = response.ok ? await response.json() : undefined;
  const url = typeof answer === 'object' && answer !== null && 'url' in answer ? answer.url : undefined;
  location.assign(typeof url === 'string' ? url : CONSOLE_URL.href);
}

/** The session, which the layout has loaded before it shows a page. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether the session includes a role; a superAdmin has all. */
export function hasRole({ roles }: Session, role: Role): boolean {
  return roles.includes(role);
}
