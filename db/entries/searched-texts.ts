/**
 * The table of texts that searches look through. A text is added before the first entry with it becomes visible, and
 * deleted some time after the last one was deleted: a text without an entry finds nothing.
 */
import { sql } from 'slonik';
import type { Database, Transaction } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';

export interface SearchedText {
  readonly name: string;
  readonly text: string;
}

/** Adds texts of entries that the transaction writes. In one order everywhere, so that two sources never deadlock. */
export async function addSearchedTexts(transaction: Transaction, texts: readonly SearchedText[]): Promise<void> {
  await transaction.query(sql.type(nothing)`
    insert into searched_text (name, digest, text)
    select distinct name, sha256(convert_to(text, 'UTF8')) as digest, text
    from ${sql.unnest(
      texts.map(({ name, text }) => [name, text]),
      ['text', 'text'],
    )} as found (name, text)
    order by name, digest on conflict do nothing`);
}

/** Deletes texts that no entry has, not even a staged one. Transactions that add texts wait meanwhile. */
export async function purgeSearchedTexts(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(sql.type(nothing)`lock table searched_text in share row exclusive mode`);
    await transaction.query(sql.type(nothing)`
      delete from searched_text as unused
      where not exists (select from entry where entry.name = unused.name and entry.search_text = unused.text)
      and not exists (
        select from snapshot_entry as staged where staged.name = unused.name and staged.search_text = unused.text
      )`);
  });
}
