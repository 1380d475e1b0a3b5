/** The host names that clients use for this server. */
import { isIP } from 'node:net';
import type { Request } from 'express';
import { isLoopbackHost, withoutBrackets } from '../../registry/loopback.ts';

/**
 * The hosts, with their ports, that a request names as the ones that it was sent to; empty if it names none. These are
 * the values of `X-Forwarded-Host` if the sender is a trusted proxy and sends it, else that of `Host`. All of them count:
 * a proxy that appends to the header keeps what the client wrote.
 */
export function requestedHosts(request: Request): readonly string[] {
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
export function isKnownHost(host: string, known: ReadonlySet<string>): boolean {
  const url = URL.parse(`http://${host}`);
  if (url === null || url.pathname !== '/' || url.username !== '') return false;
  const name = url.hostname.replace(/\.$/, '');
  return isIP(withoutBrackets(name)) !== 0 || isLoopbackHost(name) || known.has(name);
}
