/** The address under which browsers reach this server. */
import type { IncomingMessage } from 'node:http';

export interface Site {
  /** The origin as browsers write it in `Origin`. */
  readonly origin: string;
  /** The base path of this server, without a slash at the end; empty at the root of a host. */
  readonly prefix: string;
  /** Whether browsers use HTTPS. */
  readonly isSecure: boolean;
}

/** @param resourceUrl `auth.oauth.resourceUrl` */
export function siteAt(resourceUrl: string): Site {
  const { origin, pathname, protocol } = new URL(resourceUrl);
  return { origin, prefix: pathname.replace(/\/+$/, ''), isSecure: protocol === 'https:' };
}

/** The absolute URL of a path of this server. */
export function urlAt({ origin, prefix }: Site, path: string): URL {
  return new URL(`${origin}${prefix}${path}`);
}

/**
 * The page of the console to return to, from untrusted text: a path with query and fragment. Anything that isn't a page of
 * the console becomes its first page.
 */
export function consolePage(site: Site, wanted: unknown): string {
  const home = `${site.prefix}/console/`;
  const url = typeof wanted === 'string' ? URL.parse(wanted, site.origin) : null;
  const isOwn = url?.origin === site.origin && url.pathname.startsWith(home) && !/[\\\p{Cc}]/u.test(String(wanted));
  return isOwn ? `${url.pathname}${url.search}${url.hash}` : home;
}

/**
 * Whether a page of this site sent a request, according to the headers of the browser. Old browsers send none for reads,
 * whose answers other sites can't see.
 */
export function isFromOwnPage({ headers, method }: IncomingMessage, { origin }: Site): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  if (headers.origin !== undefined) return headers.origin === origin;
  return method === 'GET' || method === 'HEAD';
}
