/** The lists of skills and plugins, which not every registry has. */
import { hasEntriesOf } from '../../db/syncs/snapshots.ts';
import { UpstreamRefusal } from '../../outbound/http.ts';
import type { SkillKind } from '../../registry/entry-kind.ts';
import { RollcallError } from '../../registry/failure.ts';
import type { Fetch } from '../source-kind.ts';
import type { ApiOrigin } from './definition.ts';
import type { ApiState } from './fetch.ts';
import { type FirstPage, readFirstPage } from './list-parameters.ts';
import type { ApiUpstream, ListQuery, PageReader } from './upstream.ts';

/** Statuses of a registry without the list: "not found", "method not allowed", and "not implemented". */
const ABSENT: ReadonlySet<number> = new Set([404, 405, 501]);

interface AskedList {
  readonly query: ListQuery & { readonly kind: SkillKind };
  readonly reader: PageReader;
}

/**
 * Reads the first page of the list. Null if the upstream doesn't have the list. The served entries of such a kind stay,
 * with a warning on the sync's record.
 *
 * @throws RollcallError if reading the list fails for another reason, but only if the list was read before: an upstream
 *   without the list may give any answer
 */
export async function firstSkillPage(
  { database, definition, previous, stager }: Fetch<ApiOrigin, ApiState>,
  upstream: ApiUpstream,
  { query, reader }: AskedList,
): Promise<FirstPage | null> {
  const { kind } = query;
  try {
    return { query, page: await upstream.readPage(query, reader) };
  } catch (error) {
    if (!(error instanceof RollcallError) || error.type === 'UpstreamRateLimited') throw error;
    const isAbsent = error instanceof UpstreamRefusal && ABSENT.has(error.status);
    if (!isAbsent && error instanceof UpstreamRefusal) {
      const page = await readFirstPage(upstream, query, reader).catch(() => null);
      if (page !== null) return page;
    }
    const hasEntries = await hasEntriesOf(database, definition.name, kind);
    if (!isAbsent && (hasEntries || previous?.lists?.includes(kind) === true)) throw error;
    if (hasEntries) {
      await stager.warn(
        `the upstream no longer has a list of ${kind}s (${error.message}): the existing ones stay. To remove them, sync with force.`,
      );
    }
    return null;
  }
}
