/** Bodies of requests: objects, to which the path says the name. */
import type { Request } from 'express';
import { isJsonObject, type JsonObject } from '../../registry/json.ts';
import { badInput, type InputToFind } from '../admin/operation.ts';
import { jsonBody } from '../http/json-body.ts';
import { pathParameter } from '../http/routes.ts';

/** The body as the input of a change; one that cannot be read is refused after the permission, and on record. */
export function namedInput(request: Request): InputToFind {
  return { about: { name: pathParameter(request, 'name') }, find: () => Promise.resolve(namedBody(request)) };
}

/** @throws HttpError 400 for a body that is no object, or that has another name than the path. */
function namedBody(request: Request): JsonObject {
  const { value } = jsonBody(request);
  if (!isJsonObject(value)) throw badInput([{ path: '', message: 'expected an object' }]);
  const name = pathParameter(request, 'name');
  if (value['name'] !== undefined && value['name'] !== name) {
    throw badInput([{ path: 'name', message: 'is not the name in the path: leave it out' }]);
  }
  return { ...withoutEmptyClaims(value), name };
}

/** Scripts say "no claims" in any of these ways. */
function withoutEmptyClaims({ claims, ...body }: JsonObject): JsonObject {
  const isEmpty = claims === undefined || claims === null || (isJsonObject(claims) && Object.keys(claims).length === 0);
  return isEmpty ? body : { ...body, claims };
}
