/** Refuses requests that web pages send through the browsers of their visitors. */
import type { Request, RequestHandler } from 'express';
import { callerOf } from '../access/caller.ts';
import { HttpError } from '../http/error.ts';
import { isSafeMethod } from '../http/request.ts';
import { isKnownHost, requestedHosts } from './requested-host.ts';

/**
 * Refuses requests that a web page sends through its visitor's browser. A browser adds no token by itself, so this only
 * matters if authentication is off: then being able to reach the server is enough. Refused are
 *
 * - requests to a host name that isn't one of the server's. A page can make its own name resolve to this server (DNS
 *   rebinding) and is then a page of the same origin.
 * - changes requested by a page of another origin.
 */
export function refuseForeignPages({ publicHosts }: { readonly publicHosts: readonly string[] }): RequestHandler {
  const known: ReadonlySet<string> = new Set(publicHosts);
  return (request, _response, next) => {
    if (callerOf(request).kind !== 'everybody') return next();
    const hosts = requestedHosts(request);
    if (hosts.length === 0 || !hosts.every((host) => isKnownHost(host, known))) {
      throw new HttpError(
        403,
        'The request names a host that this server does not know: use its IP address or localhost, or add the host to server.publicHosts in the configuration file',
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

/** Uses the headers that browsers send about the page. Programs send neither. */
function isOfOtherOrigin(request: Request, hosts: readonly string[]): boolean {
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return origin !== undefined && !hosts.includes(URL.parse(origin)?.host ?? '');
}
