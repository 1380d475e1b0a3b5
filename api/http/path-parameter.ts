import type { Request, RequestHandler } from 'express';
import { HttpError } from './error.ts';

/** Answers 400 for a path that can't be decoded, in the same format for all endpoints. */
export const refuseMalformedPath: RequestHandler = (request, _response, next) => {
  if (percentDecoded(request.path) === null) throw new HttpError(400, 'The path has a malformed percent-encoding');
  next();
};

/** Null if the percent-encoding is malformed. */
export function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/**
 * A parameter of the path, decoded; undefined if the path has none of this name.
 *
 * @throws HttpError 400 if it contains NUL, which Postgres can't store.
 */
export function pathParameter(request: Request, name: string): string | undefined {
  const value = request.params[name];
  if (typeof value !== 'string') return undefined;
  if (value.includes('\0')) throw new HttpError(400, `The ${name} in the path contains the character NUL`);
  return value;
}

/**
 * A parameter that is always in the path of the endpoint.
 *
 * @throws HttpError as `pathParameter`, TypeError if the path has none.
 */
export function requiredParameter(request: Request, name: string): string {
  const value = pathParameter(request, name);
  if (value === undefined) throw new TypeError(`The route ${request.path} has no parameter "${name}"`);
  return value;
}
