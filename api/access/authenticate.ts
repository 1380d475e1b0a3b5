/** Finds out who sent a request, before anything else is done with it. */
import type { IncomingMessage } from 'node:http';
import type { OAuthSettings } from '../../config/model.ts';
import { bearerToken } from './bearer-token.ts';
import { type Caller, EVERYBODY, PUBLIC, REFUSED, setCaller } from './caller.ts';
import { isPublicPath } from './public-path.ts';
import type { TokenVerifier } from './tokens/token-verifier.ts';

/** Finds out who sends a request, for `callerOf` to tell. Never fails. Undefined: it is known at once. */
export type Authenticate = (request: IncomingMessage) => Promise<void> | undefined;

/** Where authentication is off. */
export const admitEverybody: Authenticate = (request) => {
  setCaller(request, EVERYBODY);
  return undefined;
};

const refusals = new WeakMap<IncomingMessage, unknown>();

/** Why the token of a request was not taken; undefined: it was, or there was none. */
export function refusedToken(request: IncomingMessage): unknown {
  return refusals.get(request);
}

/**
 * Never refuses a request by itself: whether a token that can't be taken matters is for the gate to say, once the answer
 * has the headers that every answer has.
 */
export function authenticate(settings: OAuthSettings, tokens: TokenVerifier): Authenticate {
  const admit = (request: IncomingMessage, caller: Caller): void => {
    setCaller(request, isOpen(request, settings.publicPaths) ? onPublicPath(caller) : caller);
  };
  const refuse = (request: IncomingMessage, error: unknown): void => {
    setCaller(request, REFUSED);
    refusals.set(request, error);
  };
  return (request) => {
    try {
      const token = bearerToken(request);
      const caller = token === undefined ? PUBLIC : tokens.callerOf(token);
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
