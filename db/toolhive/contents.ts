/** Reads what exists only in the database of a ToolHive Registry Server. Nothing is written there. */
import type pg from 'pg';
import { z } from 'zod';
import type { ToolhiveStoredServer } from '../../registry/toolhive/stored-server.ts';
import { withClient } from '../connection/plain-client.ts';
import type { ConnectionSettings } from '../connection/settings.ts';

/** The schema of version 1.5, which stores the arguments of packages as JSON. */
const OLDEST_SCHEMA = 23;

/** A version of a server that was published to the managed source. */
export interface ToolhivePublishedVersion {
  readonly server: ToolhiveStoredServer;
  /** Claims of the server's name, as stored. Null: none. */
  readonly claims: unknown;
  /** RFC 3339. */
  readonly publishedAt: string;
  readonly updatedAt: string;
}

/** A source or registry. The configuration file of that server defines it unless `isCreated` says that its API did. */
interface Defined {
  readonly name: string;
  readonly isCreated: boolean;
  readonly claims: unknown;
}

export interface ToolhiveSource extends Defined {
  /** `git`, `api`, `file`, `managed`, or `kubernetes`. */
  readonly type: string;
  readonly settings: unknown;
  readonly filter: unknown;
  readonly intervalSeconds: number | null;
}

export interface ToolhiveRegistry extends Defined {
  /** Names of its sources in order of precedence. */
  readonly sources: readonly string[];
}

export interface ToolhiveContents {
  readonly sources: readonly ToolhiveSource[];
  readonly registries: readonly ToolhiveRegistry[];
  /** The versions in the managed source, oldest publication first. */
  readonly published: readonly ToolhivePublishedVersion[];
  /** Numbers of skills and plugins in the managed source. */
  readonly skills: number;
  readonly plugins: number;
}

const versionRow = z.object({ version: z.coerce.number() });
const sourceRow = z.object({
  name: z.string(),
  isCreated: z.boolean(),
  claims: z.unknown(),
  type: z.string(),
  settings: z.unknown(),
  filter: z.unknown(),
  intervalSeconds: z.coerce.number().nullable(),
});
const registryRow = z.object({
  name: z.string(),
  isCreated: z.boolean(),
  claims: z.unknown(),
  sources: z.array(z.string()),
});
const publishedRow = z.object({
  server: z.custom<ToolhiveStoredServer>(),
  claims: z.unknown(),
  publishedAt: z.string(),
  updatedAt: z.string(),
});
const countRow = z.object({ skills: z.coerce.number(), plugins: z.coerce.number() });

/**
 * Reads everything as of one moment, in a transaction that can't write.
 *
 * @throws Error if the database doesn't hold the schema of ToolHive Registry Server, or an older version of it
 */
export async function readToolhiveContents(settings: ConnectionSettings): Promise<ToolhiveContents> {
  return await withClient(settings, async (client) => {
    await client.query('begin transaction isolation level repeatable read, read only');
    await refuseOtherSchema(client);
    const [counted] = await rows(client, countRow, COUNTS);
    return {
      sources: await rows(client, sourceRow, SOURCES),
      registries: await rows(client, registryRow, REGISTRIES),
      published: await rows(client, publishedRow, PUBLISHED),
      ...counted!,
    };
  });
}

async function refuseOtherSchema(client: pg.Client): Promise<void> {
  const { rows: found } = await client.query<{ database: string; isToolhive: boolean }>(
    `select current_database() as database, to_regclass('schema_migrations') is not null
       and to_regclass('registry_entry') is not null and to_regclass('entry_version') is not null as "isToolhive"`,
  );
  const { database, isToolhive } = found[0]!;
  if (!isToolhive) throw new Error(`The database ${database} doesn't hold the tables of ToolHive Registry Server`);
  const [schema] = await rows(client, versionRow, 'select version from schema_migrations');
  if (schema !== undefined && schema.version >= OLDEST_SCHEMA) return;
  throw new Error(
    `The schema of ToolHive Registry Server in ${database} is older than version 1.5: upgrade that server first`,
  );
}

async function rows<Row>(client: pg.Client, schema: z.ZodType<Row>, query: string): Promise<Row[]> {
  return z.array(schema).parse((await client.query(query)).rows);
}

const SOURCES = `
  select name, creation_type = 'API' as "isCreated", claims, source_type as type, source_config as settings,
    filter_config as filter, extract(epoch from sync_schedule) as "intervalSeconds"
  from source order by created_at, name`;

const REGISTRIES = `
  select name, creation_type = 'API' as "isCreated", claims,
    array(
      select source.name from registry_source join source on source.id = registry_source.source_id
      where registry_source.registry_id = registry.id order by registry_source.position
    ) as sources
  from registry order by created_at, name`;

const IN_MANAGED_SOURCE = `registry_entry join source on source.id = registry_entry.source_id
  and source.source_type = 'managed'`;

const COUNTS = `
  select count(*) filter (where entry_type = 'SKILL') as skills, count(*) filter (where entry_type = 'PLUGIN') as plugins
  from ${IN_MANAGED_SOURCE}`;

/** A date as RFC 3339 in UTC, with all digits. */
function timestamp(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

const TRANSPORT = `json_build_object('type', part.transport, 'url', part.transport_url, 'headers', part.transport_headers)`;

/** The parts of the version as a list. */
function listOf(table: string, part: string, order: string): string {
  return `(select coalesce(json_agg(${part} order by ${order}), '[]') from ${table} as part
    where part.server_id = entry_version.id)`;
}

const PUBLISHED = `
  select registry_entry.claims,
    ${timestamp('entry_version.created_at')} as "publishedAt", ${timestamp('entry_version.updated_at')} as "updatedAt",
    json_build_object(
      'name', registry_entry.name, 'version', entry_version.version, 'title', entry_version.title,
      'description', entry_version.description, 'website', mcp_server.website,
      'publisherProvided', mcp_server.server_meta,
      'repository', json_build_object('url', repository_url, 'source', repository_type, 'id', repository_id,
        'subfolder', repository_subfolder),
      'packages', ${listOf(
        'mcp_server_package',
        `json_build_object('registryType', part.registry_type, 'registryBaseUrl', part.pkg_registry_url,
          'identifier', part.pkg_identifier, 'version', part.pkg_version, 'fileSha256', part.sha256_hash,
          'runtimeHint', part.runtime_hint, 'runtimeArguments', part.runtime_arguments,
          'packageArguments', part.package_arguments, 'environmentVariables', part.env_vars, 'transport', ${TRANSPORT})`,
        'part.pkg_version desc, part.registry_type, part.pkg_identifier, part.transport',
      )},
      'remotes', ${listOf('mcp_server_remote', TRANSPORT, 'part.transport, part.transport_url')},
      'icons', ${listOf(
        'mcp_server_icon',
        `json_build_object('src', part.source_uri, 'mimeType', part.mime_type, 'theme', part.theme)`,
        'part.source_uri, part.mime_type, part.theme',
      )}
    ) as server
  from ${IN_MANAGED_SOURCE}
  join entry_version on entry_version.entry_id = registry_entry.id
  join mcp_server on mcp_server.version_id = entry_version.id
  where entry_type = 'MCP' order by entry_version.created_at, registry_entry.name, entry_version.version`;
