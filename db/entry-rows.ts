/** What is read of an entry, and how much of it at once. */
import { sql } from 'slonik';
import type { FragmentSqlToken, QuerySqlToken } from 'slonik';
import { z } from 'zod';
import { MAX_DOCUMENT_BYTES } from '../registry/draft.ts';
import { ENTRY_STATUSES } from '../registry/entry.ts';
import { timestamp } from './schemas.ts';

export const entryRow = z.object({
  name: z.string(),
  version: z.string(),
  /** server.json, as it is served. */
  document: z.string(),
  status: z.enum(ENTRY_STATUSES),
  statusMessage: z.string().nullable(),
  statusChangedAt: timestamp,
  publishedAt: timestamp,
  updatedAt: timestamp,
  isLatest: z.boolean(),
  sourceName: z.string(),
  sourceKind: z.string(),
  /** The commit of the sync that last changed the entry (git sources). */
  commitId: z.string().nullable(),
});
/** An entry as a registry shows it: everything that an item of the API is made of. */
export type EntryRow = z.infer<typeof entryRow>;

export type EntryQuery = QuerySqlToken<typeof entryRow>;

/** With the name from where the entries are ordered by it, so that the planner knows their order. */
export const entryColumns = (name: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  ${name} as name, entry.version, entry.document, entry.status, entry.status_message as "statusMessage",
  entry.status_changed_at as "statusChangedAt", entry.published_at as "publishedAt", entry.updated_at as "updatedAt",
  entry.is_latest as "isLatest", source.name as "sourceName", source.kind as "sourceKind",
  entry.commit_id as "commitId"`;

/** That an entry is of this version, or the latest one of its name. */
export function ofVersion(version: string | undefined): FragmentSqlToken {
  if (version === undefined) return sql.fragment`true`;
  return version === 'latest' ? sql.fragment`entry.is_latest` : sql.fragment`entry.version = ${version}`;
}

export function notDeleted(includeDeleted: boolean): FragmentSqlToken {
  return includeDeleted ? sql.fragment`true` : sql.fragment`entry.status <> 'deleted'`;
}

/** Entries that are read at once for an export: enough to hide the round trips, few enough to hold in memory. */
export const STREAM_BATCH = 200;

/** The documents that are read at once have fewer bytes than this together, not counting the last one. */
const MAX_BYTES_AT_ONCE = 8 * 1024 * 1024;
/** So many entries can't be larger, and are not measured. */
const UNMEASURED_ENTRIES = MAX_BYTES_AT_ONCE / MAX_DOCUMENT_BYTES;

const BY_NAME = sql.fragment`name, version`;

/** Cuts a list off behind the entry that reaches the limit of bytes: many entries may be more than a process can hold. */
export function withinBytes(entries: EntryQuery, limit: number, order: FragmentSqlToken = BY_NAME): EntryQuery {
  if (limit <= UNMEASURED_ENTRIES) return entries;
  return sql.type(entryRow)`
    select name, version, document, status, "statusMessage", "statusChangedAt", "publishedAt", "updatedAt", "isLatest",
      "sourceName", "sourceKind", "commitId"
    from (
      select *, sum(octet_length(document)) over (order by ${order}) - octet_length(document) as "bytesBefore"
      from (${entries}) as page
    ) as measured
    where "bytesBefore" < ${MAX_BYTES_AT_ONCE} order by ${order}`;
}

/** Whether there are fewer entries than the limit because they are large; there may be more of them then. */
export function isCutShort(entries: readonly EntryRow[], limit: number): boolean {
  if (entries.length >= limit || entries.length < UNMEASURED_ENTRIES) return false;
  return entries.reduce((sum, { document }) => sum + Buffer.byteLength(document), 0) >= MAX_BYTES_AT_ONCE;
}
