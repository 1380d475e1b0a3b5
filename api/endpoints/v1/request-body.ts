/** Inputs of changes, from the name in the path and the members of the body. */
import type { Request } from 'express';
import { isJsonObject, type JsonObject } from '../../../registry/json.ts';
import { badInput, type InputToFind } from '../../admin/operation.ts';
import { jsonBody } from '../../http/json-body.ts';
import { requiredParameter } from '../../http/path-parameter.ts';

/** The source or registry in the path. */
export function namesInPath(request: Request): { readonly name: string } {
  return { name: requiredParameter(request, 'name') };
}

/**
 * The body as the input of a change. A body that can't be read is refused after the permission was checked, and the
 * refusal is recorded.
 */
export function namedInput(request: Request): InputToFind {
  return { about: namesInPath(request), find: () => Promise.resolve(namedBody(request)) };
}

/** @throws HttpError 400 for a body that isn't an object, or that has another name than the path. */
function namedBody(request: Request): JsonObject {
  const { value } = jsonBody(request);
  if (!isJsonObject(value)) throw badInput([{ path: '', message: 'expected an object' }]);
  const { name } = namesInPath(request);
  if (value['name'] !== undefined && value['name'] !== name) {
    throw badInput([{ path: 'name', message: 'is not the name in the path: leave it out' }]);
  }
  return { ...withoutEmptyClaims(value), name };
}

/** Scripts express "no claims" in any of these ways. */
function withoutEmptyClaims({ claims, ...body }: JsonObject): JsonObject {
  const isEmpty = claims === undefined || claims === null || (isJsonObject(claims) && Object.keys(claims).length === 0);
  return isEmpty ? body : { ...body, claims };
}
