/** Signing in to the console and out again. Browsers go through these paths; the admin API tells pages about the session. */
import type { Request, Response } from 'express';
import { AuthorizationResponseError } from 'openid-client';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isPassingDatabaseError } from '../../db/connection/availability.ts';
import type { AuditOutcome } from '../../registry/audit.ts';
import { type Caller, PUBLIC } from '../access/caller.ts';
import { ProviderUnavailable, TokenRejected } from '../access/tokens/rejection.ts';
import { senderOf } from '../audit/sender.ts';
import type { AuditTrail } from '../audit/trail.ts';
import { type Call, endpoint, type EndpointGroup } from '../endpoints/endpoint.ts';
import { HttpError, unavailable } from '../http/error.ts';
import { pathParameter } from '../http/path-parameter.ts';
import type { ConsoleAtProvider, IssuedTokens } from './console-client.ts';
import { SESSION, type Session, type Sessions, SIGN_IN, SIGN_OUT } from './sessions.ts';
import { consolePage, isFromOwnPage, urlAt } from './site.ts';

/** Reasons why a sign-in failed. The console's sign-in page has the texts. */
export type SignInFailure = 'denied' | 'expired' | 'rejected' | 'too-large' | 'unavailable' | 'failed';

export interface SignInOptions {
  readonly sessions: Sessions;
  /** The providers, at least one. */
  readonly providers: readonly ConsoleAtProvider[];
  /** Throws TokenRejected or ProviderUnavailable for a token that this server doesn't accept. */
  readonly verifyToken: (token: string) => Promise<Caller>;
  readonly logger: Logger;
}

/** A request to sign in or out, and what is needed to answer it. */
interface Attempt extends SignInOptions, Pick<Call, 'request' | 'response'> {
  readonly audit: AuditTrail;
}

/** Browsers navigate to these paths, so they need no token. Changes are only accepted from pages of the console. */
export const signInApi: EndpointGroup = {
  bases: [{ path: '/auth' }],
  before: [
    (_request, response, next) => {
      response.set('Cache-Control', 'no-store');
      next();
    },
  ],
  endpoints: [
    endpoint({
      method: 'get',
      path: '/login',
      access: 'open',
      summary: 'Sign in, at the only provider or after a choice',
      handle: (call) => logIn(attemptOf(call)),
    }),
    endpoint({
      method: 'get',
      path: '/login/:provider',
      access: 'open',
      summary: 'Sign in at a provider',
      parameters: { provider: z.string() },
      handle: (call) => logIn(attemptOf(call)),
    }),
    endpoint({
      method: 'get',
      path: '/callback',
      access: 'open',
      summary: 'Return from a provider',
      handle: (call) => receive(attemptOf(call)),
    }),
    endpoint({
      method: 'post',
      path: '/refresh',
      access: 'open',
      summary: 'Renew the session',
      handle: (call) => renew(attemptOf(call)),
    }),
    endpoint({
      method: 'post',
      path: '/logout',
      access: 'open',
      summary: 'Sign out',
      handle: (call) => logOut(attemptOf(call)),
    }),
  ],
};

/** @throws HttpError 404 if no provider lets users sign in to the console */
function attemptOf({ context: { access, audit }, request, response }: Call): Attempt {
  if (access.signIn !== undefined) return { ...access.signIn, audit, request, response };
  throw new HttpError(404, 'No provider lets users sign in to the console: see docs/auth.md');
}

async function logIn(attempt: Attempt): Promise<void> {
  const { sessions, providers, request, response } = attempt;
  const returnTo = consolePage(sessions.site, new URLSearchParams(searchOf(request)).get('return'));
  const name = pathParameter(request, 'provider');
  const provider = name === undefined && providers.length === 1 ? providers[0] : find(providers, name);
  if (provider === undefined) {
    if (name !== undefined) throw new HttpError(404, `There is no provider "${name}" to sign in with`);
    return redirect(response, signInPage(attempt, { return: returnTo }));
  }
  try {
    const { url, signIn } = await provider.begin(returnTo);
    await sessions.write(response, SIGN_IN, { value: signIn });
    redirect(response, url.href);
  } catch (error) {
    fail(attempt, { returnTo, provider: provider.name }, error);
  }
}

/** The endpoint that the provider redirects to. */
async function receive(attempt: Attempt): Promise<void> {
  const { sessions, providers, verifyToken, audit, request, response } = attempt;
  const signIn = await sessions.read(request, SIGN_IN);
  sessions.remove(response, SIGN_IN);
  const provider = find(providers, signIn?.provider);
  if (signIn === null || provider === undefined) return giveUp(attempt, {}, 'expired');
  const { returnTo } = signIn;
  const known = { returnTo, provider: provider.name };
  try {
    const tokens = await provider.finish(signIn, searchOf(request));
    const caller = await verifyToken(tokens.accessToken);
    const session = { ...sessionFrom(tokens), provider: provider.name, signedInAt: Date.now() };
    const isKept = await keep(sessions, response, session);
    if (!isKept) return giveUp(attempt, known, 'too-large');
    // Without it, the provider asks whether to sign out.
    if (tokens.idToken !== undefined) await sessions.write(response, SIGN_OUT, { value: { idToken: tokens.idToken } });
    const detail = { provider: provider.name };
    audit.occurred({ sender: senderOf(request, caller), action: 'auth.login', outcome: 'success', detail });
    redirect(response, returnTo);
  } catch (error) {
    fail(attempt, known, error);
  }
}

/** Renews the token of the session, before or after it has expired. */
async function renew({ sessions, providers, verifyToken, logger, request, response }: Attempt): Promise<void> {
  refuseOtherPages(sessions, request);
  const session = await sessions.read(request, SESSION);
  const provider = find(providers, session?.provider);
  if (session?.refreshToken === undefined || provider === undefined) throw sessionEnded();
  try {
    const tokens = await provider.renew(session.refreshToken);
    await verifyToken(tokens.accessToken);
    const renewed = { ...session, ...sessionFrom(tokens) };
    if (!(await keep(sessions, response, renewed))) throw new TokenRejected('The token is too large for a cookie');
  } catch (error) {
    logger.info({ provider: provider.name, reason: describe(error) }, 'session not renewed');
    if (isOutage(error)) throw unavailable('The session cannot be renewed now: try again later', { cause: error });
    sessions.remove(response, SESSION);
    throw sessionEnded();
  }
  response.status(204).end();
}

/** Ends the session here, and returns where the browser can end it at the provider. */
async function logOut(attempt: Attempt): Promise<void> {
  const { sessions, providers, verifyToken, logger, audit, request, response } = attempt;
  refuseOtherPages(sessions, request);
  const [session, hint] = await Promise.all([sessions.read(request, SESSION), sessions.read(request, SIGN_OUT)]);
  sessions.remove(response, SESSION, SIGN_OUT, SIGN_IN);
  const provider = find(providers, session?.provider);
  let url = urlAt(sessions.site, '/console/');
  if (provider !== undefined && hint !== null) {
    try {
      url = (await provider.signOutUrl(hint.idToken)) ?? url;
    } catch (error) {
      logger.warn({ provider: provider.name, reason: describe(error) }, 'sign-out at the provider failed');
    }
  }
  if (session !== null) {
    // A session can have ended before.
    const caller = await verifyToken(session.accessToken).catch(() => PUBLIC);
    const detail = { provider: session.provider };
    audit.occurred({ sender: senderOf(request, caller), action: 'auth.logout', outcome: 'success', detail });
  }
  response.json({ url: url.href });
}

/** The part of a session that tokens determine. */
function sessionFrom({ accessToken, expiresAt, refreshToken }: IssuedTokens): Omit<Session, 'provider' | 'signedInAt'> {
  return { accessToken, expiresAt, ...(refreshToken !== undefined && { refreshToken }) };
}

/** A session that fits only without its refresh token ends with its access token. */
async function keep(sessions: Sessions, response: Response, session: Session): Promise<boolean> {
  const { refreshToken: _refreshToken, ...short } = session;
  const since = session.signedInAt;
  return (
    (await sessions.write(response, SESSION, { value: session, since })) ||
    (await sessions.write(response, SESSION, { value: short, since }))
  );
}

/** @throws HttpError 403 for a request that a page of another site sends with the cookies of this one */
function refuseOtherPages({ site }: Sessions, request: Request): void {
  if (!isFromOwnPage(request, site)) throw new HttpError(403, 'Only pages of the console can do this');
}

function sessionEnded(): HttpError {
  return new HttpError(401, 'Your session has ended: sign in again');
}

/** The page that a sign-in returns to, and its provider. Both are unknown if the browser lost its cookie. */
interface Destination {
  readonly returnTo?: string;
  readonly provider?: string;
}

function fail(attempt: Attempt, destination: Destination, error: unknown): void {
  const reason = reasonOf(error);
  const level = reason === 'denied' ? 'info' : 'warn';
  attempt.logger[level]({ provider: destination.provider, reason: describe(error) }, 'sign-in failed');
  giveUp(attempt, destination, reason);
}

const OUTCOMES: Readonly<Record<SignInFailure, AuditOutcome>> = {
  denied: 'denied',
  rejected: 'denied',
  expired: 'failure',
  'too-large': 'failure',
  unavailable: 'error',
  failed: 'error',
};

/** Records the failure, and redirects to the sign-in page, which explains it and leads back later. */
function giveUp(attempt: Attempt, { returnTo, provider }: Destination, reason: SignInFailure): void {
  const { audit, request, response } = attempt;
  const detail = { reason, ...(provider !== undefined && { provider }) };
  audit.occurred({ sender: senderOf(request), action: 'auth.login', outcome: OUTCOMES[reason], detail });
  redirect(response, signInPage(attempt, { error: reason, ...(returnTo !== undefined && { return: returnTo }) }));
}

function reasonOf(error: unknown): SignInFailure {
  if (error instanceof TokenRejected) return 'rejected';
  if (isOutage(error)) return 'unavailable';
  if (!(error instanceof AuthorizationResponseError)) return 'failed';
  if (error.error === 'access_denied') return 'denied';
  return error.error === 'temporarily_unavailable' || error.error === 'server_error' ? 'unavailable' : 'failed';
}

/** Whether an error means that the provider or the database didn't respond. */
function isOutage(error: unknown): boolean {
  if (error instanceof ProviderUnavailable || isPassingDatabaseError(error)) return true;
  if (!(error instanceof Error)) return false;
  if (error.name === 'TimeoutError' || /fetch failed/i.test(error.message)) return true;
  return error.cause instanceof Error && isOutage(error.cause);
}

/** The messages of an error and its causes. They contain no tokens. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const detail = 'error_description' in error ? ` (${String(error.error_description)})` : '';
  return `${error.message}${detail}${error.cause instanceof Error ? `: ${describe(error.cause)}` : ''}`;
}

function signInPage(
  { sessions: { site } }: SignInOptions,
  parameters: Readonly<Record<string, string>> & { readonly error?: SignInFailure },
): string {
  return `${site.prefix}/console/sign-in?${new URLSearchParams(parameters).toString()}`;
}

function find(providers: readonly ConsoleAtProvider[], name: string | undefined): ConsoleAtProvider | undefined {
  return providers.find((provider) => provider.name === name);
}

function searchOf({ url }: Request): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}

function redirect(response: Response, location: string): void {
  response.redirect(303, location);
}
