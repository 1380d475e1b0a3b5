/** Entries of sources for administrators, whether or not a registry shows them. */
import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../../registry/claims.ts';
import { ENTRY_STATUSES } from '../../registry/entry.ts';
import type { Database } from '../connection/database.ts';
import { count, timestamp } from '../connection/schemas.ts';
import { notDeleted } from './entry-rows.ts';
import { resolvedClaims } from './ownership.ts';
import { isVisible, type Visibility } from '../claims/visibility.ts';

const listedEntryRow = z.object({
  name: z.string(),
  version: z.string(),
  title: z.string().nullable(),
  description: z.string(),
  status: z.enum(ENTRY_STATUSES),
  isLatest: z.boolean(),
  publishedAt: timestamp,
  updatedAt: timestamp,
  sourceName: z.string(),
  /** Position of the source in the registry, starting at 0. */
  position: z.number(),
  /** Claims required for reading the server: its own, or else the claims of its source. Null if there are none. */
  claims: z.custom<Claims>().nullable(),
});
export type ListedEntryRow = z.infer<typeof listedEntryRow>;

const measuredEntryRow = listedEntryRow.extend({ rowsFound: count });

export interface EntryListQuery {
  readonly of: { readonly sourceId: string } | { readonly registryId: string };
  readonly visibility: Visibility;
  /** The last entry of the previous page. */
  readonly after?: Pick<ListedEntryRow, 'name' | 'version' | 'position'> | undefined;
  /** Maximum number of entries. Fewer are returned if their texts are too large in total. */
  readonly limit: number;
  readonly includeDeleted: boolean;
}

export interface EntryListPage {
  readonly entries: readonly ListedEntryRow[];
  /** Whether this is the last page. */
  readonly isLast: boolean;
}

/** Maximum bytes of titles and descriptions on a page, not counting the last entry. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Returns a page of entries, ordered by name, version, and position of the source. At most one page is read from each
 * source.
 */
export async function listSourcesEntries(
  database: Database,
  { of, visibility, after, limit, includeDeleted }: EntryListQuery,
): Promise<EntryListPage> {
  const rows = await database.any(sql.type(measuredEntryRow)`
    select * from (
      select entry.name, entry.version, entry.title, entry.description, entry.status, entry.is_latest as "isLatest",
        entry.published_at as "publishedAt", entry.updated_at as "updatedAt", member.source_name as "sourceName",
        member.position, (select claims from claim_set where id = entry.claims_id) as claims,
        sum(entry.bytes) over (order by entry.name, entry.version, member.position) - entry.bytes as "bytesBefore",
        count(*) over () as "rowsFound"
      from ${membersOf(of)} as member
      cross join lateral (
        select entry.*, ${resolvedClaims} as claims_id,
          octet_length(entry.description) + coalesce(octet_length(entry.title), 0) as bytes
        from entry join source on source.id = entry.source_id
        left join server_claims as own on own.source_id = entry.source_id and own.name = entry.name
        where entry.source_id = member.source_id and ${laterThan(after)} and entry.vanished_at is null and ${notDeleted(includeDeleted)}
          and ${isVisible(visibility, resolvedClaims)}
        order by entry.name, entry.version limit ${limit + 1}
      ) as entry
    ) as page
    where "bytesBefore" < ${MAX_PAGE_BYTES} order by name, version, position limit ${limit}`);
  const entries = rows.map(({ rowsFound: _rowsFound, ...entry }) => entry);
  return { entries, isLast: rows.length === (rows[0]?.rowsFound ?? 0) };
}

function membersOf(of: EntryListQuery['of']): FragmentSqlToken {
  if ('sourceId' in of) {
    return sql.fragment`(
      select id as source_id, name as source_name, 0 as position from source where id = ${of.sourceId}
    )`;
  }
  return sql.fragment`(
    select source_id, source.name as source_name, position
    from registry_source join source on source.id = registry_source.source_id where registry_id = ${of.registryId}
  )`;
}

function laterThan(after: EntryListQuery['after']): FragmentSqlToken {
  if (after === undefined) return sql.fragment`true`;
  const { name, version, position } = after;
  return sql.fragment`
    (entry.name, entry.version) >= (${name}, ${version})
    and ((entry.name, entry.version) <> (${name}, ${version}) or member.position > ${position})`;
}
