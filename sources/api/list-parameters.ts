/**
 * Finds out which query parameters an upstream accepts. Some allow fewer entries per page, or refuse unknown
 * parameters.
 */
import type { ApiPage, ApiUpstream, ListQuery, PageReader } from './upstream.ts';
import { UpstreamRefusal } from '../../outbound/http.ts';
import type { ApiState } from './fetch.ts';

/** A first page, and the query that the upstream accepted for it. Further pages use the same query. */
export interface FirstPage {
  readonly query: ListQuery;
  readonly page: ApiPage;
}

/** Statuses of a server that doesn't understand the request. Servers that match the whole URL answer 404. */
const REFUSALS: ReadonlySet<number> = new Set([400, 404, 422]);

/**
 * Reads a first page. If the upstream refuses a parameter, asks again with fewer of them. Without `limit` the upstream chooses
 * the page size. Without `include_deleted` or `updated_since` the walk reads everything.
 * @throws RollcallError the first refusal, if the upstream also refuses a request without parameters
 */
export async function readFirstPage(upstream: ApiUpstream, query: ListQuery, reader: PageReader): Promise<FirstPage> {
  try {
    return { query, page: await upstream.readPage(query, reader) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return await readWithFewer(upstream, { query, reader, refusal: error });
  }
}

async function readWithFewer(
  upstream: ApiUpstream,
  { query, reader, refusal }: { readonly query: ListQuery; readonly reader: PageReader; readonly refusal: Error },
): Promise<FirstPage> {
  const { kind } = query;
  const bare: ListQuery = { kind, since: null, limit: null, includeDeleted: false };
  const page = await upstream.readPage(bare, reader).catch((error: unknown) => {
    throw isRefusal(error) ? refusal : error;
  });
  for (const fewer of fewerParameters(query)) {
    try {
      return { query: fewer, page: await upstream.readPage(fewer, reader) };
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  return { query: bare, page };
}

/** Queries with fewer parameters, the least restrictive first. */
function fewerParameters({ kind, since, limit, includeDeleted }: ListQuery): ListQuery[] {
  const candidates: ListQuery[] = [
    { kind, since, limit: null, includeDeleted },
    { kind, since: null, limit, includeDeleted },
    { kind, since: null, limit: null, includeDeleted },
    { kind, since: null, limit, includeDeleted: false },
  ];
  return candidates.filter(
    (candidate) =>
      candidate.since !== since || candidate.limit !== limit || candidate.includeDeleted !== includeDeleted,
  );
}

function isRefusal(error: unknown): error is UpstreamRefusal {
  return error instanceof UpstreamRefusal && REFUSALS.has(error.status);
}

/** The parameters that the upstream refused, for the state of the fetch. */
export function refusedParameters(wanted: ListQuery, accepted: ListQuery): Pick<ApiState, 'refused'> {
  const refused = [
    ...(wanted.limit !== accepted.limit ? ['limit'] : []),
    ...(wanted.includeDeleted !== accepted.includeDeleted ? ['include_deleted'] : []),
    ...(wanted.since !== accepted.since ? ['updated_since'] : []),
  ];
  return refused.length === 0 ? {} : { refused: refused.join(' ') };
}

/** A query without the parameters that the upstream refused before. Reads everything if one of two is missing. */
export function acceptedQuery(query: ListQuery, state: ApiState | null): ListQuery {
  const refused = (state?.refused ?? '').split(' ');
  const readsAll = refused.includes('include_deleted') || refused.includes('updated_since');
  return {
    kind: query.kind,
    since: readsAll ? null : query.since,
    limit: refused.includes('limit') ? null : query.limit,
    includeDeleted: query.includeDeleted && !refused.includes('include_deleted'),
  };
}
