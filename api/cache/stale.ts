/** Cached answers that may be outdated, because the database is unavailable. */
import type { ServerResponse } from 'node:http';

const STALE_HEADERS = ['Age', 'Cache-Status', 'Warning'] as const;

/** Marks an answer as stale (RFC 9111 section 5.1, RFC 9211; RFC 7234 section 5.5.1 for older clients). */
export function markStale(response: ServerResponse, staleMs: number): void {
  const seconds = Math.max(0, Math.floor(staleMs / 1000));
  response.setHeader('Age', String(seconds));
  response.setHeader('Cache-Status', `rollcall; hit; ttl=-${seconds}; detail=stale`);
  response.setHeader('Warning', '110 rollcall "Response is Stale"');
}

/** Removes the mark from an answer that isn't from the cache after all. */
export function unmarkStale(response: ServerResponse): void {
  for (const name of STALE_HEADERS) response.removeHeader(name);
}
