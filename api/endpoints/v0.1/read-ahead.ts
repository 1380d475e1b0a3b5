/** Reads ahead for clients that walk a registry in small pages: see docs/decisions/0010-read-ahead-for-thv.md. */
import type { Database } from '../../../db/connection/database.ts';
import { type EntryRow, listEntries } from '../../../db/entries/entries.ts';
import { isCutShort } from '../../../db/entries/entry-rows.ts';
import { encodeCursor } from '../../../registry/cursor.ts';
import { entriesOf, type RegistryView } from '../../access/visibility.ts';
import { listJson } from './item-json.ts';
import type { PageOfList } from './list-query.ts';

/** Pages up to this size are small. On a walk, this many entries are read at once for them. */
const SMALL_LIMIT = 10;
const ENTRIES_AT_ONCE = 100;

export interface MadePage {
  readonly page: PageOfList;
  readonly body: string;
}

/**
 * The requested page, and the following ones that come from the same query. A client that requests a small page with a
 * cursor is walking and will request the next ones. Any other page comes alone.
 */
export async function makePages(
  database: Database,
  view: RegistryView,
  page: PageOfList,
): Promise<readonly [MadePage, ...MadePage[]]> {
  const { after, limit, query } = page;
  const isWalk = after !== undefined && limit <= SMALL_LIMIT;
  const wanted = isWalk ? ENTRIES_AT_ONCE : limit + 1;
  const found = await listEntries(database, { ...entriesOf(view), limit: wanted, after, ...query });
  const isEnd = found.length < wanted && !isCutShort(found, wanted);
  const pageAt = (start: number, begin: PageOfList): MadePage & { readonly next: PageOfList | undefined } => {
    const entries = found.slice(start, start + limit);
    const next = nextPage(begin, entries, isEnd && start + limit >= found.length);
    return { page: begin, body: bodyOf(entries, next, view), next };
  };
  const first = pageAt(0, page);
  const pages: [MadePage, ...MadePage[]] = [first];
  let { next } = first;
  // The next page has an entry after it, so that its own cursor is known.
  for (let start = limit; next !== undefined && start + limit < found.length; start += limit) {
    const following = pageAt(start, next);
    pages.push(following);
    ({ next } = following);
  }
  return pages;
}

function nextPage(page: PageOfList, entries: readonly EntryRow[], isLast: boolean): PageOfList | undefined {
  const last = entries.at(-1);
  return last === undefined || isLast ? undefined : { ...page, after: { name: last.name, version: last.version } };
}

function bodyOf(entries: readonly EntryRow[], next: PageOfList | undefined, { registry }: RegistryView): string {
  if (next?.after === undefined) return listJson(entries);
  return listJson(entries, encodeCursor({ after: next.after, query: next.query }, registry.name));
}
