/** The versions of one server, in a registry or in a source. */
import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { type EntryKind, storedName } from '../../registry/entry-kind.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { prepared, type Queries } from '../connection/queries.ts';
import {
  entryColumns,
  type EntryRow,
  entryRow,
  IS_LATEST,
  isCutShort,
  notDeleted,
  STREAM_BATCH,
  withinBytes,
} from './entry-rows.ts';
import { isStorable } from '../connection/stored-text.ts';
import { isVisibleName, type Visibility } from '../claims/visibility.ts';

export interface VersionsQuery {
  readonly registryId: string;
  readonly visibility: Visibility;
  readonly kind: EntryKind;
  /** The name that clients use, without a prefix for its kind. */
  readonly name: string;
  readonly includeDeleted: boolean;
}

const COLUMNS = entryColumns(sql.fragment`entry.name`);
/** Newest publication first. */
const BY_PUBLICATION = sql.fragment`"publishedAt" desc, version desc`;

export interface Versions {
  /** Newest publication first. Empty if the registry doesn't have the name. */
  readonly entries: readonly EntryRow[];
  /**
   * Whether these are all versions. If they are too large in total, the older ones are missing, and `streamVersions`
   * yields all.
   */
  readonly areAll: boolean;
}

/** The versions of one server. */
export async function listVersions(database: Queries, query: VersionsQuery): Promise<Versions> {
  if (!isStorable(query.name)) return { entries: [], areAll: true };
  const all = sql.type(entryRow)`${entriesOfName(query)}`;
  const entries = await database.any(withinBytes(all, Number.POSITIVE_INFINITY, BY_PUBLICATION));
  return { entries, areAll: !isCutShort(entries, Number.POSITIVE_INFINITY) };
}

/** Yields all versions of one server, newest publication first, read in batches. Use it with `readConsistently`. */
export async function* streamVersions(
  transaction: Transaction,
  query: VersionsQuery,
): AsyncGenerator<EntryRow, void, void> {
  let last: EntryRow | undefined;
  for (;;) {
    const isOlder: FragmentSqlToken =
      last === undefined
        ? sql.fragment`true`
        : sql.fragment`(entry.published_at, entry.version) < (${last.publishedAt}, ${last.version})`;
    const batch: readonly EntryRow[] = await transaction.any(
      withinBytes(
        sql.type(entryRow)`${entriesOfName(query)} and ${isOlder}
          order by entry.published_at desc, entry.version desc limit ${STREAM_BATCH}`,
        STREAM_BATCH,
        BY_PUBLICATION,
      ),
    );
    yield* batch;
    last = batch.at(-1);
    if (batch.length < STREAM_BATCH && !isCutShort(batch, STREAM_BATCH)) return;
  }
}

export interface VersionQuery extends VersionsQuery {
  /** An exact version, or `latest`. */
  readonly version: string;
}

/** Finds one version of one server. */
export async function findEntry(database: Queries, query: VersionQuery): Promise<EntryRow | null> {
  const [entry] = await findEntries(database, [query]);
  return entry!;
}

/** Finds the entry of each query, in their order. Queries that differ only in names and versions share a statement. */
export async function findEntries(
  database: Queries,
  queries: readonly VersionQuery[],
): Promise<readonly (EntryRow | null)[]> {
  const found = new Map<VersionQuery, EntryRow>();
  const possible = queries.filter(({ name, version }) => isStorable(name) && isStorable(version));
  const alike = Map.groupBy(possible, withoutNames);
  await Promise.all(
    [...alike.values()].map(async (group) => {
      const rows = await database.any(prepared(sql.type(positionedRow)`${entriesOfQueries(group)}`));
      for (const { position, ...entry } of rows) found.set(group[Number(position) - 1]!, entry);
    }),
  );
  return queries.map((query) => found.get(query) ?? null);
}

/** Equal for queries that can share a statement. */
function withoutNames({ registryId, visibility, kind, version, includeDeleted }: VersionQuery): string {
  return JSON.stringify([registryId, visibility, kind, version === 'latest', includeDeleted]);
}

const positionedRow = entryRow.extend({ position: z.string() });

/** The lengths of the arrays are hidden from the planner. Otherwise, it would plan the statement for each length again. */
function entriesOfQueries(queries: readonly VersionQuery[]): FragmentSqlToken {
  const [first] = queries;
  const names = queries.map(({ kind, name }) => storedName(kind, name));
  const versions = queries.map(({ version }) => version);
  return sql.fragment`
    select asked.position, ${COLUMNS}
    from unnest((select ${sql.array(names, 'text')}), (select ${sql.array(versions, 'text')}))
      with ordinality as asked (name, version, position)
    join server_owner on server_owner.name = asked.name ${JOIN_ENTRIES}
    where ${isShown(first!)} and ${first!.version === 'latest' ? IS_LATEST : sql.fragment`entry.version = asked.version`}`;
}

function entriesOfName(query: VersionsQuery): FragmentSqlToken {
  return sql.fragment`
    select ${COLUMNS} from server_owner ${JOIN_ENTRIES}
    where server_owner.name = ${storedName(query.kind, query.name)} and ${isShown(query)}`;
}

const JOIN_ENTRIES = sql.fragment`
  join source on source.id = server_owner.source_id
  join entry on entry.source_id = server_owner.source_id and entry.name = server_owner.name`;

function isShown({ registryId, kind, includeDeleted, visibility }: VersionsQuery): FragmentSqlToken {
  return sql.fragment`server_owner.registry_id = ${registryId} and server_owner.kind = ${kind}
    and ${isVisibleName(visibility)} and ${notDeleted(includeDeleted)}`;
}

/** A stored name in a source, whether or not a registry shows it. */
interface SourceServer {
  readonly sourceId: string;
  readonly name: string;
}

/** One version of a server in a source. */
export async function findSourceVersion(
  database: Database,
  { version, ...server }: SourceServer & { readonly version: string },
): Promise<EntryRow | null> {
  return await database.maybeOne(sql.type(entryRow)`
    ${entriesOfSource(server)} and entry.version = ${version}`);
}

/** These versions of a server in a source, newest publication first. Older ones are omitted if the total is too large. */
export async function listSourceVersions(
  database: Database,
  { versions, ...server }: SourceServer & { readonly versions: readonly string[] },
): Promise<readonly EntryRow[]> {
  const entries = sql.type(entryRow)`
    ${entriesOfSource(server)} and entry.version = any(${sql.array([...versions], 'text')})`;
  return await database.any(withinBytes(entries, Number.POSITIVE_INFINITY, BY_PUBLICATION));
}

function entriesOfSource({ sourceId, name }: SourceServer): FragmentSqlToken {
  return sql.fragment`
    select ${COLUMNS} from entry join source on source.id = entry.source_id
    where entry.source_id = ${sourceId} and entry.name = ${name}`;
}

const ownerRow = z.object({ sourceName: z.string() });

/** The source whose versions of a stored name a registry shows, if any of them isn't deleted. */
export async function findServingSource(
  database: Database,
  { registryId, name }: { readonly registryId: string; readonly name: string },
): Promise<string | null> {
  return await database.maybeOneFirst(sql.type(ownerRow)`
    select source.name as "sourceName" from server_owner join source on source.id = server_owner.source_id
    where server_owner.registry_id = ${registryId} and server_owner.name = ${name}
      and exists (
        select from entry
        where entry.source_id = server_owner.source_id and entry.name = server_owner.name and ${notDeleted(false)}
      )`);
}
