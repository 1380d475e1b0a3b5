/** Entries as the admin API names them: the kind, and the name without it. */
import { type EntryKind, kindOfName, servedName } from '../../../registry/entry-kind.ts';

/** An entry with its kind and its name as clients know it. */
export type Named<Row> = Row & { readonly entryKind: EntryKind };

/** Takes the stored name of an entry apart. */
export function withKind<Row extends { readonly name: string }>(row: Row): Named<Row> {
  return { ...row, entryKind: kindOfName(row.name), name: servedName(row.name) };
}
