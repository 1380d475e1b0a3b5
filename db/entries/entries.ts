import { type FragmentSqlToken, type QuerySqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { EntryStatus } from '../../registry/entry.ts';
import { type EntryKind, storedName } from '../../registry/entry-kind.ts';
import type { Database, Transaction } from '../connection/database.ts';
import {
  entryColumns,
  type EntryQuery,
  type EntryRow,
  entryRow,
  isCutShort,
  notDeleted,
  ofVersion,
  STREAM_BATCH,
  withinBytes,
} from './entry-rows.ts';
import { exactNameCondition, isExactName } from './exact-names.ts';
import { isScanComplete, isScannedFor, ofNames, scannedOrByTrigrams, type TextsQuery } from './found-texts.ts';
import { prepared, type Queries } from '../connection/queries.ts';
import { count } from '../connection/schemas.ts';
import { searchPattern } from './search-text.ts';
import { isStorable } from '../connection/stored-text.ts';
import { isOfKind, isVisibleName, type Visibility } from '../claims/visibility.ts';

export type { EntryRow } from './entry-rows.ts';

export interface EntriesQuery {
  readonly registryId: string;
  /** What the caller can see. Other entries are treated as nonexistent. */
  readonly visibility: Visibility;
  readonly kind: EntryKind;
  /** The last entry of the previous page. */
  readonly after?: { readonly name: string; readonly version: string } | undefined;
  /** Maximum number of entries. Fewer are returned if they are too large in total, see `isCutShort`. */
  readonly limit: number;
  /** A case-insensitive substring of name, title, or description. */
  readonly search?: string | undefined;
  /** `latest`, or an exact version. */
  readonly version?: string | undefined;
  /** RFC 3339: only entries that changed or were added to this registry at that time or later. */
  readonly updatedSince?: string | undefined;
  readonly includeDeleted: boolean;
  /** Default: all. */
  readonly statuses?: readonly EntryStatus[] | undefined;
  /** Only skills or plugins whose names the search term is, or only the other ones. Default: both. */
  readonly exactNames?: 'only' | 'none' | undefined;
}

/**
 * Returns a page of a registry, ordered by (name, version) in byte order. All pages show the entries of a name from the
 * one source that owns it.
 */
export async function listEntries(database: Queries, query: EntriesQuery): Promise<readonly EntryRow[]> {
  if (![query.search, query.version, query.after?.name, query.after?.version].every(isStorableOrAbsent)) return [];
  const { search: term = '', exactNames } = query;
  if (term !== '' && exactNames !== 'only') return await search(database, query, term);
  return await database.any(withinBytes(browse(query), query.limit));
}

function isStorableOrAbsent(text: string | undefined): boolean {
  return text === undefined || isStorable(text);
}

/**
 * Returns a page of a search of skills or plugins, whose clients resolve a name by a search. Entries whose name, or
 * namespace and name, is the term in any case come first, then all other matches. Both are in the order of
 * `listEntries`. Without a term it is the same as `listEntries`.
 */
export async function listExactFirst(database: Queries, query: EntriesQuery): Promise<readonly EntryRow[]> {
  const { search: term = '', after, limit } = query;
  if (term === '') return await listEntries(database, query);
  const isAmongExact = after === undefined || isExactName(after.name, term);
  if (!isAmongExact) return await listEntries(database, { ...query, exactNames: 'none' });
  const exact = await listEntries(database, { ...query, exactNames: 'only' });
  if (exact.length >= limit || isCutShort(exact, limit)) return exact;
  const others = { ...query, after: undefined, limit: limit - exact.length, exactNames: 'none' } as const;
  return [...exact, ...(await listEntries(database, others))];
}

/**
 * Reads the names of the registry in order and looks up the entries of each, so the cost only depends on the size of
 * the page. `offset 0` keeps the planner from joining and sorting everything, which never pays off for one page.
 */
function browse(query: EntriesQuery): EntryQuery {
  return sql.type(entryRow)`
    select ${entryColumns(sql.fragment`server_owner.name`)}
    from server_owner join source on source.id = server_owner.source_id
    cross join lateral (
      select * from entry
      where entry.source_id = server_owner.source_id and entry.name = server_owner.name and ${entryConditions(query)}
      offset 0
    ) as entry
    where ${shownNames(query)}
    order by server_owner.name, entry.version limit ${query.limit}`;
}

/**
 * For a frequent term, the first texts already fill the page. Other terms are rare, and the trigram index finds their
 * few texts. The plan of this statement is reused. If a scan neither fills the page nor comes to the end of the texts, a second
 * statement looks for the rest: the term is frequent in texts that aren't shown, or has no trigram, or few matches are left. Its
 * plan depends on the planner's estimate of the frequency, which is often wrong by a factor of 100.
 */
async function search(database: Queries, query: EntriesQuery, term: string): Promise<readonly EntryRow[]> {
  const { after, kind, limit } = query;
  // Servers have no prefix.
  const firstName = kind === 'server' ? undefined : storedName(kind, '');
  const texts = { pattern: searchPattern(term), from: after?.name ?? firstName, limit };
  const found = await database.any(prepared(scanOrIndex(query, texts)));
  const entries = found.filter((row) => row.name !== null).map(({ isComplete: _isComplete, ...entry }) => entry);
  if (entries.length >= limit || isCutShort(entries, limit) || found[0]?.isComplete === true) return entries;
  return await database.any(withinBytes(showing(query, ofNames(texts, shownNames(query))), limit));
}

const isComplete = z.boolean();
/** An entry of the page, or none if the page is empty. */
const foundRow = z.union([entryRow.extend({ isComplete }), z.object({ name: z.null(), isComplete })]);

/** A page of matches. With a page that isn't full, `isComplete` says whether these are all matches. */
function scanOrIndex(query: EntriesQuery, texts: TextsQuery): QuerySqlToken<typeof foundRow> {
  const found = scannedOrByTrigrams(texts, sql.fragment`(select "isScanned" from sample)`);
  return sql.type(foundRow)`
    with sample as materialized (select ${isScannedFor(texts)} as "isScanned")
    select case
        when not "isScanned" then true
        when count(page.name) over () < ${query.limit} then ${isScanComplete(texts)}
        else false
      end as "isComplete", page.*
    from sample left join (${withinBytes(showing(query, found), query.limit)}) as page on true
    order by page.name, page.version`;
}

/** Looks up the visible entries with these texts. Each entry has one text, so the result has no duplicates. */
function showing(query: EntriesQuery, texts: FragmentSqlToken): EntryQuery {
  return sql.type(entryRow)`
    select ${entryColumns(sql.fragment`found.name`)}
    from (${texts}) as found
    cross join lateral (
      select * from server_owner where server_owner.name = found.name and ${shownNames(query)} offset 0
    ) as server_owner
    join source on source.id = server_owner.source_id
    cross join lateral (
      select * from entry
      where entry.source_id = server_owner.source_id and entry.name = found.name and entry.search_text = found.text
        and ${entryConditions(query)}
      offset 0
    ) as entry
    order by found.name, entry.version limit ${query.limit}`;
}

function shownNames(query: EntriesQuery): FragmentSqlToken {
  return sql.fragment`server_owner.registry_id = ${query.registryId} and ${nameConditions(query)}`;
}

function nameConditions(query: EntriesQuery): FragmentSqlToken {
  const { kind, after, updatedSince, visibility } = query;
  const later = after === undefined ? sql.fragment`true` : sql.fragment`server_owner.name >= ${after.name}`;
  const changed =
    updatedSince === undefined ? sql.fragment`true` : sql.fragment`server_owner.changed_at >= ${updatedSince}`;
  return sql.fragment`
    ${isOfKind(kind, sql.fragment`server_owner`)} and ${later} and ${changed} and ${isVisibleName(visibility)}
    and ${exactNameCondition(query)}`;
}

function entryConditions({ after, updatedSince, version, includeDeleted, statuses }: EntriesQuery): FragmentSqlToken {
  const later =
    after === undefined
      ? sql.fragment`true`
      : sql.fragment`(entry.name, entry.version) > (${after.name}, ${after.version})`;
  const changed =
    updatedSince === undefined
      ? sql.fragment`true`
      : sql.fragment`greatest(entry.changed_at, server_owner.owned_since) >= ${updatedSince}`;
  return sql.fragment`${later} and ${changed} and ${ofVersion(version)} and ${notDeleted(includeDeleted)}
    and ${hasStatus(statuses)}`;
}

function hasStatus(statuses: EntriesQuery['statuses']): FragmentSqlToken {
  return statuses === undefined
    ? sql.fragment`true`
    : sql.fragment`entry.status = any(${sql.array([...statuses], 'text')})`;
}

const serverCountRow = z.object({ sourceName: z.string(), servers: count });

/** Counts the visible versions that aren't deleted, per source of a registry. Sources without any have no row. */
export async function countEntries(
  database: Database,
  { registryId, visibility, kind }: Pick<EntriesQuery, 'registryId' | 'visibility' | 'kind'>,
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.any(sql.type(serverCountRow)`
    select source.name as "sourceName", count(*) as servers
    from server_owner join source on source.id = server_owner.source_id
    join entry on entry.source_id = server_owner.source_id and entry.name = server_owner.name
    where server_owner.registry_id = ${registryId} and ${isOfKind(kind, sql.fragment`server_owner`)}
      and ${isVisibleName(visibility)} and ${notDeleted(false)}
    group by source.name`);
  return new Map(rows.map(({ sourceName, servers }) => [sourceName, servers]));
}

/** Yields all entries of a registry in order, read in batches. Use it with `readConsistently`. */
export async function* streamEntries(
  transaction: Transaction,
  query: Pick<EntriesQuery, 'registryId' | 'visibility' | 'kind' | 'version' | 'includeDeleted'>,
): AsyncGenerator<EntryRow, void, void> {
  let after: EntriesQuery['after'];
  for (;;) {
    const batch = await transaction.any(withinBytes(browse({ ...query, after, limit: STREAM_BATCH }), STREAM_BATCH));
    yield* batch;
    after = batch.at(-1);
    if (batch.length < STREAM_BATCH && !isCutShort(batch, STREAM_BATCH)) return;
  }
}
