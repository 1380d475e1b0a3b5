/** Searches of skills and plugins: clients resolve a name by a search, so exact matches come first. */
import type { Queries } from '../connection/queries.ts';
import { type EntriesQuery, listEntries } from './entries.ts';
import { type EntryRow, isCutShort } from './entry-rows.ts';
import { isExactName } from './exact-names.ts';

/**
 * Returns a page of a search: first the entries whose name, or namespace and name, is the term in any case, then all
 * other matches, both in the order of `listEntries`. Without a term it is the same as `listEntries`.
 */
export async function listExactFirst(database: Queries, query: EntriesQuery): Promise<readonly EntryRow[]> {
  const { search = '', after, limit } = query;
  if (search === '') return await listEntries(database, query);
  const isAmongExact = after === undefined || isExactName(after.name, search);
  if (!isAmongExact) return await listEntries(database, { ...query, exactNames: 'none' });
  const exact = await listEntries(database, { ...query, exactNames: 'only' });
  if (exact.length >= limit || isCutShort(exact, limit)) return exact;
  const others = { ...query, after: undefined, limit: limit - exact.length, exactNames: 'none' } as const;
  return [...exact, ...(await listEntries(database, others))];
}
