/**
 * The table of texts that searches look through. A text is there before the first entry that has it can be seen, and
 * goes some time after the last one has gone: a text without an entry finds nothing and harms nobody.
 */
import type pg from 'pg';
import { sql } from 'slonik';
import type { EntryDraft } from '../../registry/entry.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';
import { searchText } from './search-text.ts';

/** The text of an entry, and the name that it begins with, which it has in lower case. */
export interface SearchedText {
  readonly name: string;
  readonly text: string;
}

/** Adds the texts of drafts that are staged. In one order everywhere, so that two sources never wait in a circle. */
export async function addSearchedTexts(client: pg.PoolClient, texts: readonly SearchedText[]): Promise<void> {
  await client.query(
    `insert into searched_text (name, digest, text)
     select name, sha256(convert_to(text, 'UTF8')) as digest, text
     from unnest($1::text[], $2::text[]) as found (name, text)
     order by name, digest on conflict do nothing`,
    [texts.map(({ name }) => name), texts.map(({ text }) => text)],
  );
}

/** Adds the text of an entry that is written in this transaction. */
export async function addSearchedText(transaction: Transaction, draft: EntryDraft): Promise<void> {
  const text = searchText(draft);
  await transaction.query(sql.type(nothing)`
    insert into searched_text (name, digest, text)
    values (${draft.name}, sha256(convert_to(${text}, 'UTF8')), ${text}) on conflict do nothing`);
}

/** Drops the texts that no entry has, staged ones included. Whoever adds one waits meanwhile. */
export async function purgeSearchedTexts(database: Database): Promise<void> {
  await database.pool.transaction(async (transaction) => {
    await transaction.query(sql.type(nothing)`lock table searched_text in share row exclusive mode`);
    await transaction.query(sql.type(nothing)`
      delete from searched_text as unused
      where not exists (select from entry where entry.name = unused.name and entry.search_text = unused.text)
      and not exists (
        select from snapshot_entry as staged where staged.name = unused.name and staged.search_text = unused.text
      )`);
  });
}
