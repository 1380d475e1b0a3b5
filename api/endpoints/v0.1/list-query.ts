/** The query of a list, from the parameters or from the cursor of the previous page. */
import { decodeCursor, type Cursor, type ListQuery } from '../../../registry/cursor.ts';
import { HttpError } from '../../http/error.ts';
import { DEFAULT_LIMIT, type ListParameters } from './parameters.ts';

export interface PageOfList {
  readonly query: ListQuery;
  readonly after: Cursor['after'] | undefined;
  readonly limit: number;
}

/**
 * The page of the registry's list that a request asks for. A cursor continues the query that it was made for, so other
 * parameters can be left out next to it, but must not contradict it.
 *
 * @throws HttpError 400 for a cursor that was tampered with, or made for another registry or query.
 */
export function pageOfList(given: ListParameters, registryName: string): PageOfList {
  const limit = given.limit ?? DEFAULT_LIMIT;
  if (given.cursor === undefined) return { query: firstQuery(given), after: undefined, limit };
  const cursor = decodeCursor(given.cursor, registryName);
  if (cursor === null) {
    throw new HttpError(400, 'Query parameter "cursor" is not a cursor of this registry: start again without it');
  }
  const { query } = cursor;
  refuseContradiction([
    ['search', given.search, query.search],
    ['version', given.version, query.version],
    ['updated_since', given.updated_since, query.updatedSince],
    ['include_deleted', given.include_deleted, query.includeDeleted],
  ]);
  return { query, after: cursor.after, limit };
}

function firstQuery(given: ListParameters): ListQuery {
  return {
    ...(given.search !== undefined && { search: given.search }),
    ...(given.version !== undefined && { version: given.version }),
    ...(given.updated_since !== undefined && { updatedSince: given.updated_since }),
    includeDeleted: given.include_deleted === true || given.updated_since !== undefined,
  };
}

/**
 * @param pairs the names of parameters, their values in the request, and their values in the cursor
 * @throws HttpError 400 if they differ
 */
export function refuseContradiction(
  pairs: readonly (readonly [name: string, asked: unknown, carried: unknown])[],
): void {
  const contradiction = pairs.find(([, asked, carried]) => asked !== undefined && asked !== carried);
  if (contradiction === undefined) return;
  throw new HttpError(
    400,
    `Query parameter "cursor" belongs to a list with another "${contradiction[0]}": leave "${contradiction[0]}" out, or start again without the cursor`,
  );
}
