import { sql } from 'slonik';
import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import type { Database, Transaction } from './connection.ts';
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
import { amongFirstTexts, byTrigrams, mostTextsAreShown, ofNames } from './found-texts.ts';
import { keepPlan } from './kept-plan.ts';
import { count } from './schemas.ts';
import { hasTrigram, searchPattern } from './search-text.ts';
import { isStorable } from './stored-text.ts';
import { isVisibleName, type Visibility } from './visibility.ts';

export type { EntryRow } from './entry-rows.ts';

export interface EntriesQuery {
  readonly registryId: string;
  /** Of whom asks: nothing else of the registry is there for him. */
  readonly visibility: Visibility;
  /** The last entry of the page before. */
  readonly after?: { readonly name: string; readonly version: string } | undefined;
  /** The most entries; there are fewer where they are too large together, see `isCutShort`. */
  readonly limit: number;
  /** A substring of name, title or description, whatever its case. */
  readonly search?: string | undefined;
  /** Only these versions: the latest of each name, or the ones that are called exactly this. */
  readonly version?: string | undefined;
  /** RFC 3339: only entries that changed, or came to this registry, then or later. */
  readonly updatedSince?: string | undefined;
  readonly includeDeleted: boolean;
}

/**
 * A page of a registry, ordered by (name, version) in byte order. A name shows the entries of the source that owns it,
 * never those of another, on any page and at any moment.
 */
export async function listEntries(database: Database, query: EntriesQuery): Promise<readonly EntryRow[]> {
  if (![query.search, query.version, query.after?.name, query.after?.version].every(isStorableOrAbsent)) return [];
  if (query.search !== undefined && query.search !== '') return await search(database, query, query.search);
  return await database.pool.any(withinBytes(browse(query), query.limit));
}

function isStorableOrAbsent(text: string | undefined): boolean {
  return text === undefined || isStorable(text);
}

/**
 * Walks the names of the registry in order and looks each one's entries up: as much work as the page is long, wherever
 * it is. `offset 0` keeps the planner to that: a join of everything, sorted afterwards, never pays for one page.
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

/** Texts that are looked at for each entry of a page before the index is asked: what one in twenty has is found there. */
const TEXTS_PER_ENTRY = 20;

/**
 * A frequent term fills the page with the first texts. What does not is rare, and has few texts in the trigram index;
 * unless few of the texts are shown, and it is frequent in the others, or it has no trigram. But for these two cases no
 * plan depends on how frequent the planner takes a term for, which it often mistakes a hundredfold, and plans are kept.
 */
async function search(database: Database, query: EntriesQuery, term: string): Promise<readonly EntryRow[]> {
  const pattern = searchPattern(term);
  const texts = { pattern, from: query.after?.name, first: TEXTS_PER_ENTRY * query.limit };
  const pageOf = (found: FragmentSqlToken): EntryQuery => withinBytes(showing(query, found), query.limit);
  const early = await database.pool.any(keepPlan(pageOf(amongFirstTexts(texts))));
  if (early.length >= query.limit) return early;
  const areMostShown = keepPlan(mostTextsAreShown(texts.from, shownNames(query)));
  const areInIndex = hasTrigram(pattern) && (await database.pool.oneFirst(areMostShown));
  return await database.pool.any(
    areInIndex ? keepPlan(pageOf(byTrigrams(texts))) : pageOf(ofNames(texts, shownNames(query))),
  );
}

/** Looks the entries up, text by text, that have one of these texts and are shown. Each has one, so none is found twice. */
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

/** Which names of `server_owner` the registry shows. */
function shownNames(query: EntriesQuery): FragmentSqlToken {
  return sql.fragment`server_owner.registry_id = ${query.registryId} and ${nameConditions(query)}`;
}

function nameConditions({ after, updatedSince, visibility }: EntriesQuery): FragmentSqlToken {
  const later = after === undefined ? sql.fragment`true` : sql.fragment`server_owner.name >= ${after.name}`;
  const changed =
    updatedSince === undefined ? sql.fragment`true` : sql.fragment`server_owner.changed_at >= ${updatedSince}`;
  return sql.fragment`${later} and ${changed} and ${isVisibleName(visibility)}`;
}

function entryConditions({ after, updatedSince, version, includeDeleted }: EntriesQuery): FragmentSqlToken {
  const later =
    after === undefined
      ? sql.fragment`true`
      : sql.fragment`(entry.name, entry.version) > (${after.name}, ${after.version})`;
  const changed =
    updatedSince === undefined
      ? sql.fragment`true`
      : sql.fragment`greatest(entry.changed_at, server_owner.owned_since) >= ${updatedSince}`;
  return sql.fragment`${later} and ${changed} and ${ofVersion(version)} and ${notDeleted(includeDeleted)}`;
}

const serverCountRow = z.object({ sourceName: z.string(), servers: count });

/** How many versions that are not deleted somebody sees of each source that a registry shows; of none: no row. */
export async function countEntries(
  database: Database,
  { registryId, visibility }: { readonly registryId: string; readonly visibility: Visibility },
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.pool.any(sql.type(serverCountRow)`
    select source.name as "sourceName", count(*) as servers
    from server_owner join source on source.id = server_owner.source_id
    join entry on entry.source_id = server_owner.source_id and entry.name = server_owner.name
    where server_owner.registry_id = ${registryId} and ${isVisibleName(visibility)} and ${notDeleted(false)}
    group by source.name`);
  return new Map(rows.map(({ sourceName, servers }) => [sourceName, servers]));
}

/** All entries of a registry in order, read in batches; `readConsistently` gives the transaction. */
export async function* streamEntries(
  transaction: Transaction,
  query: Pick<EntriesQuery, 'registryId' | 'visibility' | 'version' | 'includeDeleted'>,
): AsyncGenerator<EntryRow, void, void> {
  let after: EntriesQuery['after'];
  for (;;) {
    const batch = await transaction.any(withinBytes(browse({ ...query, after, limit: STREAM_BATCH }), STREAM_BATCH));
    yield* batch;
    after = batch.at(-1);
    if (batch.length < STREAM_BATCH && !isCutShort(batch, STREAM_BATCH)) return;
  }
}
