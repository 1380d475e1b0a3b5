/** Sessions of the console: the browser keeps a sealed token, and pages of this site can use it. */
import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import { z } from 'zod';
import { type Cookie, fitsCookie, readCookie, writeCookie } from './cookies.ts';
import type { Purpose, SealedValues } from './sealed-values.ts';
import { isFromOwnPage, type Site } from './site.ts';

const MINUTE_MS = 60_000;
/** Maximum lifetime of a session, however often its token is renewed. */
const SESSION_MS = 12 * 60 * MINUTE_MS;
/** The time a user has to sign in at the provider. */
const SIGN_IN_MS = 15 * MINUTE_MS;

const sessionSchema = z.object({
  /** The name of the provider. */
  provider: z.string(),
  accessToken: z.string(),
  /** When the access token expires, in milliseconds since the epoch. */
  expiresAt: z.number(),
  refreshToken: z.string().optional(),
  signedInAt: z.number(),
});
export type Session = z.infer<typeof sessionSchema>;

const signInSchema = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
});
/** A sign-in that has begun: what the answer of the provider must match. */
export type SignIn = z.infer<typeof signInSchema>;

const signOutSchema = z.object({
  /** Sent to the provider when the user signs out. */
  idToken: z.string(),
});

/** A value that is stored in a cookie. */
interface Kept<Value> {
  readonly purpose: Purpose<Value>;
  readonly cookie: Cookie;
}

function kept<Value>(schema: z.ZodType<Value>, cookie: Cookie): Kept<Value> {
  return { purpose: { name: cookie.name, schema, lifetimeMs: cookie.lifetimeMs }, cookie };
}

export const SESSION = kept(sessionSchema, { name: 'session', path: '', sameSite: 'strict', lifetimeMs: SESSION_MS });
/** `lax`, because the provider redirects here from its own site. */
export const SIGN_IN = kept(signInSchema, { name: 'sign_in', path: '/auth', sameSite: 'lax', lifetimeMs: SIGN_IN_MS });
export const SIGN_OUT = kept(signOutSchema, {
  name: 'sign_out',
  path: '/auth',
  sameSite: 'strict',
  lifetimeMs: SESSION_MS,
});

export class Sessions {
  readonly site: Site;
  readonly #sealed: SealedValues;

  constructor(site: Site, sealed: SealedValues) {
    this.site = site;
    this.#sealed = sealed;
  }

  /**
   * The session that a request may use: only requests of the console's own pages, to the admin API or to read. Undefined
   * if there is none; null if there was one that has ended.
   *
   * @throws what reading the secrets throws
   */
  ofPage(request: IncomingMessage): Promise<Session | null> | undefined {
    const sealed = readCookie(request, this.site, SESSION.cookie);
    if (sealed === undefined || !isFromOwnPage(request, this.site)) return undefined;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead && !request.url?.startsWith('/trpc/')) return undefined;
    return this.#sealed.open(SESSION.purpose, sealed);
  }

  /** The value that the browser sent; null if there is none, or it isn't valid. */
  async read<Value>(request: IncomingMessage, { cookie, purpose }: Kept<Value>): Promise<Value | null> {
    const sealed = readCookie(request, this.site, cookie);
    return sealed === undefined ? null : await this.#sealed.open(purpose, sealed);
  }

  /**
   * Stores a value in the browser.
   *
   * @param since the beginning of its lifetime. Default: now
   * @returns false if the value is too large for cookies
   */
  async write<Value>(
    response: Response,
    { cookie, purpose }: Kept<Value>,
    { value, since = Date.now() }: { readonly value: Value; readonly since?: number },
  ): Promise<boolean> {
    const sealed = await this.#sealed.seal(purpose, value, since);
    if (!fitsCookie(sealed)) return false;
    writeCookie(response, { site: this.site, cookie }, sealed);
    return true;
  }

  remove(response: Response, ...all: readonly Kept<unknown>[]): void {
    for (const { cookie } of all) writeCookie(response, { site: this.site, cookie }, null);
  }
}

/** The session of a request. */
export interface RequestSession {
  /** When the access token expires, in milliseconds since the epoch. Null if the session has ended. */
  readonly expiresAt: number | null;
  readonly canRenew: boolean;
}

const sessions = new WeakMap<IncomingMessage, RequestSession>();

/** Stores the session of a request. Only the authentication calls this. */
export function setSession(request: IncomingMessage, used: RequestSession): void {
  sessions.set(request, used);
}

export function sessionOf(request: IncomingMessage): RequestSession | undefined {
  return sessions.get(request);
}
