/** Identifies the sender of each request. */
import type { IncomingMessage } from 'node:http';
import type { OAuthSettings } from '../../config/model.ts';
import { bearerToken } from './bearer-token.ts';
import { type Session, type Sessions, setSession } from '../sign-in/sessions.ts';
import { type Caller, EVERYBODY, PUBLIC, REFUSED, setCaller } from './caller.ts';
import { isPublicPath } from './public-path.ts';
import { TokenRejected } from './tokens/rejection.ts';
import type { TokenVerifier } from './tokens/token-verifier.ts';

/**
 * Identifies the sender of a request and stores it for `callerOf`. Never fails. Returns undefined if the caller is
 * known at once.
 */
export type Authenticate = (request: IncomingMessage) => Promise<void> | undefined;

/** The authentication if it is turned off. */
export const admitEveryone: Authenticate = (request) => {
  setCaller(request, EVERYBODY);
  return undefined;
};

const refusals = new WeakMap<IncomingMessage, unknown>();

/** The reason why the token of a request was rejected; undefined if it was accepted, or if there was none. */
export function refusedToken(request: IncomingMessage): unknown {
  return refusals.get(request);
}

/** The parts that identify the sender of a request. */
export interface Authentication {
  readonly settings: OAuthSettings;
  readonly tokens: TokenVerifier;
  /** The sessions of the console; undefined if no provider lets users sign in to it. */
  readonly sessions: Sessions | undefined;
}

/**
 * Never refuses a request: the gate decides whether an invalid token matters, after the answer has its common headers.
 */
export function authenticate({ settings, tokens, sessions }: Authentication): Authenticate {
  const admit = (request: IncomingMessage, caller: Caller): void => {
    setCaller(request, isOpen(request, settings.publicPaths) ? onPublicPath(caller) : caller);
  };
  const refuse = (request: IncomingMessage, error: unknown): void => {
    setCaller(request, REFUSED);
    refusals.set(request, error);
  };
  const senderOf = (request: IncomingMessage): Caller | Promise<Caller> => {
    const token = bearerToken(request);
    if (token !== undefined) return tokens.callerOf(token);
    const session = sessions?.ofPage(request);
    return session === undefined ? PUBLIC : session.then((found) => signedIn(request, found, tokens));
  };
  return (request) => {
    try {
      const caller = senderOf(request);
      if (caller instanceof Promise) {
        return caller.then(
          (verified) => admit(request, verified),
          (error: unknown) => refuse(request, error),
        );
      }
      admit(request, caller);
    } catch (error) {
      refuse(request, error);
    }
    return undefined;
  };
}

/** The user of a session. If the session has ended, the user counts as not signed in. */
async function signedIn(request: IncomingMessage, session: Session | null, tokens: TokenVerifier): Promise<Caller> {
  const canRenew = session?.refreshToken !== undefined;
  setSession(request, { expiresAt: null, canRenew });
  if (session === null) return PUBLIC;
  try {
    const caller = await tokens.callerOf(session.accessToken);
    setSession(request, { expiresAt: session.expiresAt, canRenew });
    return caller;
  } catch (error) {
    if (error instanceof TokenRejected) return PUBLIC;
    throw error;
  }
}

/** Matches plain paths only: a whole URL, or a path with a `#`, is never public. */
const PATH = /^(\/[^?#]*)(?:\?[^#]*)?$/;

function isOpen({ method, url = '' }: IncomingMessage, publicPaths: readonly string[]): boolean {
  if (publicPaths.length === 0 || (method !== 'GET' && method !== 'HEAD')) return false;
  const path = PATH.exec(url)?.[1];
  return path !== undefined && isPublicPath(path, publicPaths);
}

/** Everyone can read below a public path, so a token must not reduce what its holder sees there. */
function onPublicPath(caller: Caller): Caller {
  const kind = caller.kind === 'public' ? 'everybody' : caller.kind;
  return { ...caller, kind, seesEverything: true, key: `${caller.key} on a public path` };
}
