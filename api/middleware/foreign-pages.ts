/** Refuses requests that web pages send through the browsers of their visitors. */
import { isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { isLoopbackHost, withoutBrackets } from '../../registry/loopback.ts';
import { callerOf } from '../access/caller.ts';
import { HttpError } from '../http/error.ts';
import { isSafeMethod } from '../http/request.ts';

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

/**
 * The hosts, with their ports, that a request names as the ones that it was sent to; empty if it names none. These are
 * the values of `X-Forwarded-Host` if the sender is a trusted proxy and sends it, else that of `Host`. All of them count:
 * a proxy that appends to the header keeps what the client wrote.
 */
function requestedHosts(request: Request): readonly string[] {
  const isTrustedProxy = request.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean;
  const forwarded = request.get('x-forwarded-host');
  const named =
    forwarded !== undefined && isTrustedProxy(request.socket.remoteAddress, 0) ? forwarded : request.get('host');
  return named === undefined || named === '' ? [] : named.split(',').map((host) => host.trim().toLowerCase());
}

/**
 * Whether a host, with or without a port, is one of the server's own names. IP addresses and loopback names always are:
 * no one else can have them resolve to this server.
 *
 * @param known names in lower case.
 */
function isKnownHost(host: string, known: ReadonlySet<string>): boolean {
  const url = URL.parse(`http://${host}`);
  if (url === null || url.pathname !== '/' || url.username !== '') return false;
  const name = url.hostname.replace(/\.$/, '');
  return isIP(withoutBrackets(name)) !== 0 || isLoopbackHost(name) || known.has(name);
}
