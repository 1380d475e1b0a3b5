/** Who uses the console, and what they can do. */
import { useSuspenseQuery, queryOptions } from '@tanstack/react-query';
import type { Role } from '../../registry/roles.ts';
import { server } from './server.ts';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => server.session.query(undefined, { signal }),
  staleTime: 60_000,
});

export type Session = Awaited<ReturnType<typeof server.session.query>>;

/** The session, which the layout has loaded before it shows a page. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether the session includes a role; a superAdmin has all. */
export function hasRole({ roles }: Session, role: Role): boolean {
  return roles.includes(role);
}
