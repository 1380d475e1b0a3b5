/** Which web pages may send requests here, and which of them may read the answers. */
import type { Request, RequestHandler } from 'express';
import { callerOf } from '../access/caller.ts';
import { isAlwaysOpen, registryRead } from '../access/open-paths.ts';
import { HttpError } from '../http/error.ts';
import { isSafeMethod } from '../http/safe-method.ts';
import { isKnownHost, requestedHosts } from './requested-host.ts';

/** Reads of registries are open to web pages of all origins, as editors that run in a browser need it. */
const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Expose-Headers': 'ETag, Retry-After, WWW-Authenticate',
  'Cross-Origin-Resource-Policy': 'cross-origin',
} as const;
const PREFLIGHT_MAX_AGE_SECONDS = '86400';

/** Tells a client of a registry where it gets a token (RFC 9728). */
const RESOURCE_METADATA = /^\/\.well-known\/oauth-protected-resource(?:\/|$)/;

/**
 * CORS for reads of registries, errors and 304 included, and the answer to a preflight. Nothing else gets CORS headers:
 * where authentication is off, they would open the administration to every web page that a user visits.
 */
export const allowCrossOriginReads: RequestHandler = (request, response, next) => {
  if (!isSafeMethod(request.method)) return next();
  const intended = request.method === 'OPTIONS' ? (request.get('access-control-request-method') ?? 'GET') : 'GET';
  const isRead = registryRead(request.path) !== null || RESOURCE_METADATA.test(request.path);
  if (isRead && isSafeMethod(intended)) {
    for (const [name, value] of Object.entries(CORS_HEADERS)) response.setHeader(name, value);
  }
  if (request.method !== 'OPTIONS') return next();
  response.setHeader('Access-Control-Max-Age', PREFLIGHT_MAX_AGE_SECONDS);
  response.status(204).end();
};

/**
 * Refuses what a web page must not do through its visitor's browser. A browser adds no token by itself, so that only
 * callers without authentication are concerned: being able to reach the server is all that they need. Refused are
 *
 * - requests under a host name that isn't one of the server's: a page can have its own name resolve to this server (DNS
 *   rebinding), which makes it a page of the same origin;
 * - changes that a page of another origin asks for.
 *
 * Reads of registries, and what is always open, are not concerned: every page may read them anyway.
 */
export function refuseForeignPages({ publicHosts }: { readonly publicHosts: readonly string[] }): RequestHandler {
  const known: ReadonlySet<string> = new Set(publicHosts);
  return (request, _response, next) => {
    if (callerOf(request).kind !== 'everybody' || isOpenRead(request)) return next();
    const hosts = requestedHosts(request);
    if (hosts.length === 0 || !hosts.every((host) => isKnownHost(host, known))) {
      throw new HttpError(
        403,
        'The request names a host that is not one of this server: use its IP address or localhost, or add the host to server.publicHosts in the configuration file',
      );
    }
    if (!isSafeMethod(request.method) && isOfOtherOrigin(request, hosts)) {
      throw new HttpError(
        403,
        'A web page of another origin cannot change anything here: send the request from this origin, or from a program',
      );
    }
    next();
  };
}

function isOpenRead({ method, path }: Request): boolean {
  return isSafeMethod(method) && (registryRead(path) !== null || isAlwaysOpen(path));
}

/** By what browsers say of the page that sends a request. Programs send neither of the headers. */
function isOfOtherOrigin(request: Request, hosts: readonly string[]): boolean {
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return origin !== undefined && !hosts.includes(URL.parse(origin)?.host ?? '');
}
