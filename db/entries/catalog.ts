/** Servers, skills, or plugins of a registry as the catalog of the console lists them: by their latest versions. */
import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { type EntryKind, servedName, storedName } from '../../registry/entry-kind.ts';
import { ENTRY_STATUSES, type EntryStatus } from '../../registry/entry.ts';
import { isOfKind, isVisibleName, type Visibility } from '../claims/visibility.ts';
import type { Database } from '../connection/database.ts';
import { count, timestamp } from '../connection/schemas.ts';
import { searchPattern } from './search-text.ts';

interface ReadRegistry {
  readonly registryId: string;
  /** What the caller can see. Other entries are treated as nonexistent. */
  readonly visibility: Visibility;
  readonly kind: EntryKind;
}

export interface CatalogQuery extends ReadRegistry {
  /** A case-insensitive substring of name, title, or description. */
  readonly search?: string | undefined;
  /** The name of a source. */
  readonly source?: string | undefined;
  /** All of them are required: `package:npm`, `transport:stdio`, `local`, `remote`. */
  readonly facets: readonly string[];
  readonly tag?: string | undefined;
  /** Status of the latest version; undefined for any except `deleted`. */
  readonly status?: EntryStatus | undefined;
  /** RFC 3339 */
  readonly updatedSince?: string | undefined;
  /** `updated`: the last updated first. */
  readonly sort: 'name' | 'updated';
  readonly offset: number;
  readonly limit: number;
}

/** Characters of titles and descriptions in a list. */
const SHOWN_CHARACTERS = 300;

const catalogRow = z.object({
  name: z.string().transform(servedName),
  version: z.string(),
  /** The title, cut like the description. */
  title: z.string().nullable(),
  description: z.string(),
  status: z.enum(ENTRY_STATUSES),
  updatedAt: timestamp,
  sourceName: z.string(),
  facets: z.array(z.string()),
});
const measuredCatalogRow = catalogRow.extend({ total: count });

export interface CatalogPage {
  readonly servers: readonly z.infer<typeof catalogRow>[];
  /** Servers on all pages; 0 for an offset behind the last one. */
  readonly total: number;
}

/** Finds the servers by narrow rows first: sorting and counting the texts of all matches takes four times as long. */
export async function searchCatalog(database: Database, query: CatalogQuery): Promise<CatalogPage> {
  const rows = await database.any(sql.type(measuredCatalogRow)`
    with found as (
      select server_owner.name, entry.id, entry.updated_at, source.name as source_name, count(*) over () as total
      from ${latestVersions(query)} and ${conditions(query)}
      order by ${orderOf(query)} limit ${query.limit} offset ${query.offset}
    )
    select found.name, entry.version, left(entry.title, ${SHOWN_CHARACTERS}) as title,
      left(entry.description, ${SHOWN_CHARACTERS}) as description, entry.status, found.updated_at as "updatedAt",
      found.source_name as "sourceName", ${facetsOf(query)} as facets, found.total
    from found join entry on entry.id = found.id
    order by ${orderOf(query, sql.fragment`found`)}`);
  return { servers: rows.map(({ total: _total, ...server }) => server), total: rows[0]?.total ?? 0 };
}

function orderOf({ sort }: CatalogQuery, from?: FragmentSqlToken): FragmentSqlToken {
  const name = sql.fragment`${from ?? sql.fragment`server_owner`}.name`;
  return sort === 'name' ? name : sql.fragment`${from ?? sql.fragment`entry`}.updated_at desc, ${name}`;
}

function latestVersions({ registryId, visibility, kind }: ReadRegistry): FragmentSqlToken {
  return sql.fragment`
    server_owner join source on source.id = server_owner.source_id
    join entry on entry.source_id = server_owner.source_id and entry.name = server_owner.name and entry.is_latest
    where server_owner.registry_id = ${registryId} and ${isOfKind(kind, sql.fragment`server_owner`)}
      and ${isVisibleName(visibility)}`;
}

function conditions({ search, source, facets, tag, status, updatedSince }: CatalogQuery): FragmentSqlToken {
  const wanted = [
    status === undefined ? sql.fragment`entry.status <> 'deleted'` : sql.fragment`entry.status = ${status}`,
    ...(search === undefined || search === '' ? [] : [sql.fragment`entry.search_text like ${searchPattern(search)}`]),
    ...(source === undefined ? [] : [sql.fragment`source.name = ${source}`]),
    ...(facets.length === 0 ? [] : [sql.fragment`entry.facets @> ${sql.array([...facets], 'text')}`]),
    ...(tag === undefined ? [] : [sql.fragment`${tag} = any(entry.tags)`]),
    ...(updatedSince === undefined ? [] : [sql.fragment`entry.updated_at >= ${updatedSince}`]),
  ];
  return sql.fragment`${sql.join(wanted, sql.fragment` and `)}`;
}

/** Skills and plugins have packages but aren't run, so only the kinds of their packages are meaningful. */
function facetsOf({ kind }: Pick<ReadRegistry, 'kind'>): FragmentSqlToken {
  if (kind === 'server') return sql.fragment`entry.facets`;
  return sql.fragment`array(select facet from unnest(entry.facets) as facet where facet like 'package:%')`;
}

/** Tags that are offered as filters. */
const MAX_TAGS = 200;

/** Also an output of the admin API. */
export const choiceRow = z.object({ group: z.enum(['source', 'facet', 'tag']), value: z.string(), servers: count });

export type CatalogChoice = z.infer<typeof choiceRow>;

/** The values that a registry can be filtered by, the most frequent first, with the number of servers that have them. */
export async function listCatalogChoices(
  database: Database,
  registry: ReadRegistry,
): Promise<readonly CatalogChoice[]> {
  return await database.any(sql.type(choiceRow)`
    with latest as materialized (
      select source.name as source, ${facetsOf(registry)} as facets, entry.tags
      from ${latestVersions(registry)} and entry.status <> 'deleted'
    )
    (select 'source' as "group", source as value, count(*) as servers from latest group by source)
    union all
    (select 'facet', facet, count(*) from latest cross join unnest(facets) as facet group by facet)
    union all
    (select 'tag', tag, count(*) from latest cross join unnest(tags) as tag group by tag
      order by count(*) desc, tag limit ${MAX_TAGS})
    order by servers desc, value`);
}

const versionRow = z.object({
  version: z.string(),
  status: z.enum(ENTRY_STATUSES),
  statusMessage: z.string().nullable(),
  publishedAt: timestamp,
  isLatest: z.boolean(),
});
export type CatalogVersion = z.infer<typeof versionRow>;

/** Versions that the console lists of one server. */
const MAX_VERSIONS = 1_000;

/** The versions of a server, deleted ones included, newest publication first; empty if the registry lacks the name. */
export async function listCatalogVersions(
  database: Database,
  { registryId, visibility, kind, name }: ReadRegistry & { readonly name: string },
): Promise<readonly CatalogVersion[]> {
  return await database.any(sql.type(versionRow)`
    select entry.version, entry.status, entry.status_message as "statusMessage", entry.published_at as "publishedAt",
      entry.is_latest as "isLatest"
    from server_owner join entry on entry.source_id = server_owner.source_id and entry.name = server_owner.name
    where server_owner.registry_id = ${registryId} and server_owner.name = ${storedName(kind, name)}
      and server_owner.kind = ${kind} and ${isVisibleName(visibility)}
    order by entry.published_at desc, entry.version desc limit ${MAX_VERSIONS}`);
}
