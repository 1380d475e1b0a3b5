/** Finds out who sent a request, before anything else is done with it. */
import type { Request, RequestHandler } from 'express';
import type { OAuthSettings } from '../../config/model.ts';
import { bearerToken } from './bearer-token.ts';
import { type Caller, EVERYBODY, PUBLIC, REFUSED, setCaller } from './caller.ts';
import { isPublicPath } from './public-path.ts';
import type { TokenVerifier } from './tokens/token-verifier.ts';

/** Where authentication is off. */
export const admitEverybody: RequestHandler = (request, _response, next) => {
  setCaller(request, EVERYBODY);
  next();
};

const refusals = new WeakMap<Request, unknown>();

/** Why the token of a request was not taken; undefined: it was, or there was none. */
export function refusedToken(request: Request): unknown {
  return refusals.get(request);
}

/**
 * Never refuses a request by itself: whether a token that can't be taken matters is for the gate to say, once the answer
 * has the headers that every answer has.
 */
export function authenticate(settings: OAuthSettings, tokens: TokenVerifier): RequestHandler {
  const admit = (request: Request, caller: Caller): void => {
    setCaller(request, isOpen(request, settings.publicPaths) ? onPublicPath(caller) : caller);
  };
  const refuse = (request: Request, error: unknown): void => {
    setCaller(request, REFUSED);
    refusals.set(request, error);
  };
  return (request, _response, next) => {
    try {
      const token = bearerToken(request);
      const caller = token === undefined ? PUBLIC : tokens.callerOf(token);
      if (caller instanceof Promise) {
        void caller
          .then(
            (verified) => admit(request, verified),
            (error: unknown) => refuse(request, error),
          )
          .then(() => next(), next);
        return;
      }
      admit(request, caller);
    } catch (error) {
      refuse(request, error);
    }
    next();
  };
}

function isOpen(request: Request, publicPaths: readonly string[]): boolean {
  return (
    publicPaths.length > 0 &&
    (request.method === 'GET' || request.method === 'HEAD') &&
    isPublicPath(request.path, publicPaths)
  );
}

/** What is below such a path is read by everybody; a token must not take away what nobody needs one for. */
function onPublicPath(caller: Caller): Caller {
  const kind = caller.kind === 'public' ? 'everybody' : caller.kind;
  return { ...caller, kind, seesEverything: true, key: `${caller.key} on a public path` };
}
