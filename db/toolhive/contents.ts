/** Reads what exists only in the database of a ToolHive Registry Server. Nothing is written there. */
import type pg from 'pg';
import { z } from 'zod';
import { withClient } from '../connection/plain-client.ts';
import type { ConnectionSettings } from '../connection/settings.ts';
import { readPublished, type ToolhivePublishedVersion } from './published.ts';

/** The schema of version 1.5, which stores the arguments of packages as JSON. */
const OLDEST_SCHEMA = 23;

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
  readonly published: readonly ToolhivePublishedVersion[];
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

/**
 * Reads everything as of one moment, in a transaction that can't write.
 *
 * @throws Error if the database doesn't hold the schema of ToolHive Registry Server, or an older version of it
 */
export async function readToolhiveContents(settings: ConnectionSettings): Promise<ToolhiveContents> {
  return await withClient(settings, async (client) => {
    await client.query('begin transaction isolation level repeatable read, read only');
    await refuseOtherSchema(client);
    return {
      sources: await rows(client, sourceRow, SOURCES),
      registries: await rows(client, registryRow, REGISTRIES),
      published: await readPublished((schema, query) => rows(client, schema, query)),
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
