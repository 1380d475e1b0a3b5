/**
 * Definitions as they travel through Temporal, where everybody reads them who may look at histories: without the queries
 * of their URLs, in which tokens and signatures may stand.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { SourceDefinition, SourceOrigin } from '../registry/source-definition.ts';

/** What an actor is given: a digest stands for each query, so that another query is another definition. */
export function carriedDefinition(definition: SourceDefinition): SourceDefinition {
  return { ...definition, origin: carriedOrigin(definition.origin) };
}

/**
 * What an actor was given, with the queries that the source has in the database. An origin that the source does not have
 * (any more) stays as it was carried.
 */
export function withQueries(carried: SourceDefinition, stored: SourceDefinition): SourceDefinition {
  return isDeepStrictEqual(carriedOrigin(stored.origin), carried.origin)
    ? { ...carried, origin: stored.origin }
    : carried;
}

function carriedOrigin(origin: SourceOrigin): SourceOrigin {
  switch (origin.kind) {
    case 'api':
      return { ...origin, endpoint: withoutQuery(origin.endpoint) };
    case 'git':
      return { ...origin, repository: withoutQuery(origin.repository) };
    case 'file':
      if (!('url' in origin.location)) return origin;
      return { ...origin, location: { ...origin.location, url: withoutQuery(origin.location.url) } };
    case 'kubernetes':
    case 'managed':
      break;
  }
  return origin;
}

function withoutQuery(url: string): string {
  const [, address = url, query] = /^([a-z][a-z0-9+.-]*:\/\/[^?#]*)(\?.*)$/is.exec(url) ?? [];
  return query === undefined ? url : `${address}?${createHash('sha256').update(query).digest('hex').slice(0, 16)}`;
}
