/** Walks in small pages, which would otherwise cost a query and a way through the whole application for every entry. */
import type { Database } from '../../db/connection/database.ts';
import { type EntryRow, listEntries } from '../../db/entries/entries.ts';
import { isCutShort } from '../../db/entries/entry-rows.ts';
import { encodeCursor } from '../../registry/cursor.ts';
import { entriesOf, type RegistryView } from '../access/visibility.ts';
import { listJson } from './item-json.ts';
import type { PageOfList } from './list-query.ts';

/** Pages up to this size are small; on a walk so many entries are read at once for them. */
const SMALL_LIMIT = 10;
const ENTRIES_AT_ONCE = 100;

export interface MadePage {
  readonly page: PageOfList;
  readonly body: string;
}

/**
 * The page, and those after it that can be made from the same query. Whoever asks for a small page behind a cursor is
 * walking, and will ask for the next ones; any other page comes alone.
 */
export async function makePages(database: Database, view: RegistryView, page: PageOfList): Promise<MadePage[]> {
  const { after, limit, query } = page;
  const isWalk = after !== undefined && limit <= SMALL_LIMIT;
  const wanted = isWalk ? ENTRIES_AT_ONCE : limit + 1;
  const entries = await listEntries(database, { ...entriesOf(view), limit: wanted, after, ...query });
  const isEnd = entries.length < wanted && !isCutShort(entries, wanted);
  const pages: MadePage[] = [];
  let begin: PageOfList | undefined = page;
  for (let start = 0; begin !== undefined && (start === 0 || start + limit < entries.length); start += limit) {
    const next: PageOfList | undefined = pageAfter(entries.slice(start, start + limit), {
      page: begin,
      isLast: isEnd && start + limit >= entries.length,
    });
    pages.push({ page: begin, body: bodyOf(entries.slice(start, start + limit), next, view) });
    begin = next;
  }
  return pages;
}

function pageAfter(
  entries: readonly EntryRow[],
  { page, isLast }: { readonly page: PageOfList; readonly isLast: boolean },
): PageOfList | undefined {
  const last = entries.at(-1);
  return last === undefined || isLast ? undefined : { ...page, after: { name: last.name, version: last.version } };
}

function bodyOf(entries: readonly EntryRow[], next: PageOfList | undefined, view: RegistryView): string {
  return next === undefined ? listJson(entries) : listJson(entries, cursorOf(next, view));
}

/** The cursor that asks for a page behind the first one. */
export function cursorOf({ query, after }: PageOfList, { registry }: RegistryView): string {
  if (after === undefined) throw new TypeError('The first page of a list has no cursor');
  return encodeCursor({ after, query }, registry.name);
}

/** The URL with another cursor in the place of its own; undefined where that is not written plainly. */
export function withCursor(url: string, cursor: string): string | undefined {
  const [path = '', ...rest] = url.split('?');
  const parameters = rest.join('?').split('&');
  const place = parameters.findIndex((parameter) => parameter.startsWith('cursor='));
  return place === -1 ? undefined : `${path}?${parameters.with(place, `cursor=${cursor}`).join('&')}`;
}
