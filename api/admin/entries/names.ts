/** Requests and answers of the admin API name entries by their kind, and by the name without the prefix of the kind. */
import { z } from 'zod';
import { ENTRY_KINDS, type EntryKind, kindOfName, servedName } from '../../../registry/entry-kind.ts';
import { text } from '../../http/values.ts';

const nonEmpty = text.min(1, 'is empty');

/** The registry to publish to. Default: see `publishingRegistry`. */
export const inRegistry = { registry: z.string().min(1).max(128).optional() };
export const serverName = nonEmpty;
export const serverVersion = nonEmpty;

/** The kind of the entry that an operation is about. Default: a server. */
export const entryKind = z.enum(ENTRY_KINDS).default('server');

/** An entry with its kind and its name as clients know it. */
export type Named<Row> = Row & { readonly entryKind: EntryKind };

/** Splits the stored name of an entry into its kind and its name. */
export function withKind<Row extends { readonly name: string }>(row: Row): Named<Row> {
  return { ...row, entryKind: kindOfName(row.name), name: servedName(row.name) };
}
