/** The columns of an entry, and limits for reading many entries. */
import { type FragmentSqlToken, type QuerySqlToken, sql } from 'slonik';
import { z } from 'zod';
import { MAX_DOCUMENT_BYTES } from '../../registry/document/structure.ts';
import { ENTRY_STATUSES } from '../../registry/entry.ts';
import type { Verification } from '../../registry/skills/provenance.ts';
import { timestamp } from '../connection/schemas.ts';

export const entryRow = z.object({
  name: z.string(),
  version: z.string(),
  /** The server.json as served. */
  document: z.string(),
  status: z.enum(ENTRY_STATUSES),
  statusMessage: z.string().nullable(),
  statusChangedAt: timestamp,
  publishedAt: timestamp,
  updatedAt: timestamp,
  isLatest: z.boolean(),
  sourceName: z.string(),
  sourceKind: z.string(),
  /** The commit of the sync that last changed the entry (Git sources). */
  commitId: z.string().nullable(),
  /** The result of reading the packages of a skill or plugin. Null for servers, and before the first reading. */
  reading: z.custom<EntryPackages>().nullable(),
});
export interface EntryPackages {
  /**
   * The package that the files come from, with its digest or commit; null if there are no files, or if a sync has
   * stored them.
   */
  readonly package: string | null;
  /** The reason why the files can't be stored. */
  readonly fault: string | null;
  /** The result of verifying the signature; null if the document names no signer. */
  readonly verification: Verification | null;
}
/** An entry in a registry, with everything that the API returns. */
export type EntryRow = z.infer<typeof entryRow>;

export type EntryQuery = QuerySqlToken<typeof entryRow>;

/**
 * Columns of an entry. The name comes from the table that determines the order, so that the planner knows the order.
 */
export const entryColumns = (name: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  ${name} as name, entry.version, entry.document, entry.status, entry.status_message as "statusMessage",
  entry.status_changed_at as "statusChangedAt", entry.published_at as "publishedAt", entry.updated_at as "updatedAt",
  entry.is_latest as "isLatest", source.name as "sourceName", source.kind as "sourceKind",
  entry.commit_id as "commitId", case when entry.kind <> 'server' then (
    select jsonb_build_object('package', package, 'fault', fault, 'verification', verification)
    from package_reading where entry_id = entry.id
  ) end as reading`;

const ALL = sql.fragment`true`;
export const IS_LATEST = sql.fragment`entry.is_latest`;
const NOT_DELETED = sql.fragment`entry.status <> 'deleted'`;

/** Condition for an exact version, or for `latest`. */
export function ofVersion(version: string | undefined): FragmentSqlToken {
  if (version === undefined) return ALL;
  return version === 'latest' ? IS_LATEST : sql.fragment`entry.version = ${version}`;
}

export function notDeleted(includeDeleted: boolean): FragmentSqlToken {
  return includeDeleted ? ALL : NOT_DELETED;
}

/** Batch size for exports: large enough to hide round trips, and small enough for memory. */
export const STREAM_BATCH = 200;

/** Maximum total size of the documents in a result, not counting the last one. */
const MAX_BYTES_AT_ONCE = 8 * 1024 * 1024;
/** This many entries can't exceed the limit, so they aren't measured. */
const UNMEASURED_ENTRIES = MAX_BYTES_AT_ONCE / MAX_DOCUMENT_BYTES;

const BY_NAME = sql.fragment`name, version`;

/** Truncates a list after the entry that reaches the byte limit, to bound memory use. */
export function withinBytes(entries: EntryQuery, limit: number, order: FragmentSqlToken = BY_NAME): EntryQuery {
  if (limit <= UNMEASURED_ENTRIES) return entries;
  return sql.type(entryRow)`
    select name, version, document, status, "statusMessage", "statusChangedAt", "publishedAt", "updatedAt", "isLatest",
      "sourceName", "sourceKind", "commitId", reading
    from (
      select *, sum(octet_length(document)) over (order by ${order}) - octet_length(document) as "bytesBefore"
      from (${entries}) as page
    ) as measured
    where "bytesBefore" < ${MAX_BYTES_AT_ONCE} order by ${order}`;
}

/** Whether the list was truncated because of its size, so that there may be more entries. */
export function isCutShort(entries: readonly EntryRow[], limit: number): boolean {
  if (entries.length >= limit || entries.length < UNMEASURED_ENTRIES) return false;
  return entries.reduce((sum, { document }) => sum + Buffer.byteLength(document), 0) >= MAX_BYTES_AT_ONCE;
}
