/** Walks in small pages, which would otherwise cost a query for every entry or two. */
import { LRUCache } from 'lru-cache';
import type { Database } from '../db/connection.ts';
import { type EntryRow, listEntries } from '../db/entries.ts';
import { entriesOf, type RegistryView } from './access/visibility.ts';
import type { PageOfList } from './list-query.ts';

/** Pages up to this size are small; on a walk so many entries are read at once for them. */
const SMALL_LIMIT = 10;
const ENTRIES_AT_ONCE = 100;
/** Characters of documents that are held for pages which nobody has asked for yet. */
const MAX_HELD_CHARACTERS = 8 * 1024 * 1024;
/** What an entry takes beside its document. */
const ENTRY_CHARACTERS = 500;

/**
 * Reads the entries of a list. Whoever asks for a small page behind a cursor is walking, and will ask for the next one:
 * its entries are read together with it, and held under the place where the page ends, until they are asked for. As
 * every finished page they belong to a revision and to those who see the same, so that no change is missed and nobody
 * walks on in what somebody else sees.
 */
export class ReadAhead {
  readonly #database: Database;
  readonly #held = new LRUCache<string, readonly EntryRow[]>({
    maxSize: MAX_HELD_CHARACTERS,
    sizeCalculation: (entries) =>
      entries.reduce((sum, { document }) => sum + document.length + ENTRY_CHARACTERS, ENTRY_CHARACTERS),
  });

  constructor(database: Database) {
    this.#database = database;
  }

  /** The entries of the page, and one more where there are more. */
  async list(view: RegistryView, page: PageOfList): Promise<readonly EntryRow[]> {
    const { after, limit } = page;
    const wanted = limit + 1;
    if (after === undefined || limit > SMALL_LIMIT) return await this.#read(view, page, wanted);
    const entries = this.#take(keyOf(view, page, after), wanted) ?? (await this.#read(view, page, ENTRIES_AT_ONCE));
    const last = entries[limit - 1];
    const rest = entries.slice(limit);
    if (last !== undefined && rest.length >= wanted) this.#held.set(keyOf(view, page, last), rest);
    return entries.slice(0, wanted);
  }

  async #read(view: RegistryView, { query, after }: PageOfList, limit: number): Promise<readonly EntryRow[]> {
    return await listEntries(this.#database, { ...entriesOf(view), limit, after, ...query });
  }

  #take(key: string, atLeast: number): readonly EntryRow[] | undefined {
    const entries = this.#held.get(key);
    if (entries === undefined || entries.length < atLeast) return undefined;
    this.#held.delete(key);
    return entries;
  }
}

function keyOf(view: RegistryView, { query }: PageOfList, after: { name: string; version: string }): string {
  const { name, version } = after;
  const { search, version: ofVersion, updatedSince, includeDeleted } = query;
  return JSON.stringify([
    view.registry.id,
    view.registry.revision,
    view.key,
    name,
    version,
    search,
    ofVersion,
    updatedSince,
    includeDeleted,
  ]);
}
