/** Finds out who sent a request, before anything else is done with it. */
import type { IncomingMessage } from 'node:http';
import type { OAuthSettings } from '../../config/model.ts';
import { bearerToken } from './bearer-token.ts';
import { type Session, type Sessions, setSession } from '../sign-in/sessions.ts';
import { type Caller, EVERYBODY, PUBLIC, REFUSED, setCaller } from './caller.ts';
import { isPublicPath } from './public-path.ts';
import { TokenRejected } from './tokens/rejection.ts';
import type { TokenVerifier } from './tokens/token-verifier.ts';

/** Finds out who sends a request, for `callerOf` to tell. Never fails. Undefined: it is known at once. */
export type Authenticate = (request: IncomingMessage) => Promise<void> | undefined;

/** Where authentication is off. */
export const admitEveryone: Authenticate = (request) => {
  setCaller(request, EVERYBODY);
  return undefined;
};

const refusals = new WeakMap<IncomingMessage, unknown>();

/** Why the token of a request was not taken; undefined: it was, or there was none. */
export function refusedToken(request: IncomingMessage): unknown {
  return refusals.get(request);
}

/** What tells who sends a request. */
export interface Authentication {
  readonly settings: OAuthSettings;
  readonly tokens: TokenVerifier;
  /** Undefined where no provider lets users sign in to the console. */
  readonly sessions: Sessions | undefined;
}

/**
 * Never refuses a request by itself: whether a token that can't be taken matters is for the gate to say, once the answer
 * has the headers that every answer has.
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

/** The user of a session. One whose session has ended is as good as one who never signed in. */
async function signedIn(request: IncomingMessage, session: Session | null, tokens: TokenVerifier): Promise<Caller> {
  const canRenew = session?.refreshToken !== undefined;
  setSession(request, { provider: session?.provider ?? null, expiresAt: null, canRenew });
  if (session === null) return PUBLIC;
  try {
    const caller = await tokens.callerOf(session.accessToken);
    setSession(request, { provider: session.provider, expiresAt: session.expiresAt, canRenew });
    return caller;
  } catch (error) {
    if (error instanceof TokenRejected) return PUBLIC;
    throw error;
  }
}

/** A path of which it takes more than a look to see where it ends, as in a whole URL or before a `#`, is not open. */
const PATH = /^(\/[^?#]*)(?:\?[^#]*)?$/;

function isOpen({ method, url = '' }: IncomingMessage, publicPaths: readonly string[]): boolean {
  if (publicPaths.length === 0 || (method !== 'GET' && method !== 'HEAD')) return false;
  const path = PATH.exec(url)?.[1];
  return path !== undefined && isPublicPath(path, publicPaths);
}

/** What is below such a path is read by everybody; a token must not take away what nobody needs one for. */
function onPublicPath(caller: Caller): Caller {
  const kind = caller.kind === 'public' ? 'everybody' : caller.kind;
  return { ...caller, kind, seesEverything: true, key: `${caller.key} on a public path` };
}
