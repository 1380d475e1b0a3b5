/** Cookies of the console. Values are split over several cookies where one is too small. */
import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import type { Site } from './site.ts';

/** Browsers take 4096 bytes per cookie, name and attributes included. */
const PART_LENGTH = 3_700;
/** Node and proxies limit all headers together, often to 16 KiB. */
const MAX_PARTS = 3;

export interface Cookie {
  /** The name without the prefix. */
  readonly name: string;
  /** The path below that of the site to which the browser sends the cookie; empty for all paths. */
  readonly path: '' | '/auth';
  /** `lax`: also sent when another site, such as the identity provider, redirects here. */
  readonly sameSite: 'lax' | 'strict';
  readonly lifetimeMs: number;
}

/** The value of a cookie; undefined if the request has none. */
export function readCookie(request: IncomingMessage, site: Site, cookie: Cookie): string | undefined {
  const given = request.headers.cookie?.split(/; */) ?? [];
  const parts: string[] = [];
  for (let index = 0; index < MAX_PARTS; index += 1) {
    const start = `${partName(site, cookie, index)}=`;
    const part = given.find((pair) => pair.startsWith(start));
    if (part === undefined) break;
    parts.push(part.slice(start.length));
  }
  return parts.length === 0 ? undefined : parts.join('');
}

/** Whether a value fits into cookies. */
export function fitsCookie(value: string): boolean {
  return value.length <= PART_LENGTH * MAX_PARTS;
}

/** Sets a cookie, or removes it if the value is null. Leftover parts of a longer value are removed as well. */
export function writeCookie(
  response: Response,
  { site, cookie }: { readonly site: Site; readonly cookie: Cookie },
  value: string | null,
): void {
  const options = {
    path: `${site.prefix}${cookie.path}` || '/',
    httpOnly: true,
    secure: site.isSecure,
    sameSite: cookie.sameSite,
  } as const;
  for (let index = 0; index < MAX_PARTS; index += 1) {
    const part = value?.slice(index * PART_LENGTH, (index + 1) * PART_LENGTH) ?? '';
    const name = partName(site, cookie, index);
    if (part === '') response.clearCookie(name, options);
    else response.cookie(name, part, { ...options, maxAge: cookie.lifetimeMs });
  }
}

function partName(site: Site, cookie: Cookie, index: number): string {
  return `${prefixOf(site, cookie)}rollcall_${cookie.name}${index === 0 ? '' : `_${index}`}`;
}

/** Keeps other sites below the same domain from setting the cookie (RFC 6265bis section 4.1.3). */
function prefixOf({ isSecure, prefix }: Site, { path }: Cookie): string {
  if (!isSecure) return '';
  return prefix === '' && path === '' ? '__Host-' : '__Secure-';
}
