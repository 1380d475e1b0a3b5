import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { z } from 'zod';
import { APPLICATION_ROLE, GRANT_TO_APPLICATION_ROLE } from './application-role.ts';
import type { ConnectionSettings } from '../connection/settings.ts';
import { withClient } from '../connection/plain-client.ts';

/** A step of the schema: `migrations/NNNN_name.up.sql`, and the `.down.sql` that reverts it. */
export interface Migration {
  readonly version: number;
  readonly name: string;
}

export interface MigrationStatus extends Migration {
  /** Time at which it was applied (RFC 3339); null if it hasn't been applied. */
  readonly appliedAt: string | null;
}

export interface MigrationOptions {
  /** Called after each migration that was applied or reverted. */
  readonly onProgress?: (migration: Migration) => void;
  /** The folder of the SQL files. Default: the project's own. */
  readonly folder?: URL;
}

interface MigrationFile extends Migration {
  readonly up: string;
  readonly down: string;
  readonly checksum: string;
}

const OWN_MIGRATIONS = new URL('../../migrations/', import.meta.url);
/** Arbitrary id of the advisory lock that serializes migrations of a database. */
const MIGRATION_LOCK = 7_203_114_958;

const appliedMigration = z.object({
  version: z.number(),
  name: z.string(),
  checksum: z.string(),
  applied_at: z.date().transform((date) => date.toISOString()),
});
type AppliedMigration = z.infer<typeof appliedMigration>;

/**
 * Applies pending migrations, each in its own transaction, and grants the rights of the application's role. Several
 * processes can run this at once: one works, and the others wait and find nothing to do.
 *
 * @throws Error if an applied migration differs from its file, or has no file because the database is newer
 */
export async function migrateUp(settings: ConnectionSettings, options: MigrationOptions = {}): Promise<Migration[]> {
  return await underMigrationLock(settings, options, async (client, { files, applied }) => {
    const missing = files.filter((file) => !applied.some(({ version }) => version === file.version));
    for (const file of missing) {
      await inTransaction(client, async () => {
        await client.query(file.up);
        await client.query('insert into schema_migration (version, name, checksum) values ($1, $2, $3)', [
          file.version,
          file.name,
          file.checksum,
        ]);
      });
      options.onProgress?.(described(file));
    }
    await client.query(GRANT_TO_APPLICATION_ROLE);
    return missing.map(described);
  });
}

/** Reverts the last `steps` migrations, newest first. Rows of dropped tables are lost. */
export async function migrateDown(
  settings: ConnectionSettings,
  steps: number,
  options: MigrationOptions = {},
): Promise<Migration[]> {
  return await underMigrationLock(settings, options, async (client, { files, applied }) => {
    refuseLaterMigrations({ files, applied });
    const toRevert = files
      .filter((file) => applied.some(({ version }) => version === file.version))
      .toReversed()
      .slice(0, steps);
    for (const file of toRevert) {
      await inTransaction(client, async () => {
        await client.query(file.down);
        await client.query('delete from schema_migration where version = $1', [file.version]);
      });
      options.onProgress?.(described(file));
    }
    return toRevert.map(described);
  });
}

/** All migrations in order, applied or not. Changes nothing: a database that was never migrated stays empty. */
export async function migrationStatus(settings: ConnectionSettings): Promise<MigrationStatus[]> {
  return await withClient(settings, async (client) => {
    const files = await readMigrationFiles(OWN_MIGRATIONS);
    const applied = (await hasMigrationTable(client)) ? await appliedMigrations(client) : [];
    assertSameHistory({ files, applied });
    return files.map(({ version, name }) => ({
      version,
      name,
      appliedAt: applied.find((row) => row.version === version)?.applied_at ?? null,
    }));
  });
}

function described({ version, name }: MigrationFile): Migration {
  return { version, name };
}

interface History {
  readonly files: readonly MigrationFile[];
  readonly applied: readonly AppliedMigration[];
}

async function underMigrationLock<Result>(
  settings: ConnectionSettings,
  { folder = OWN_MIGRATIONS }: MigrationOptions,
  work: (client: pg.Client, history: History) => Promise<Result>,
): Promise<Result> {
  return await withClient(settings, async (client) => {
    // The lock ends with the session, however that ends.
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await prepare(client);
    const history = { files: await readMigrationFiles(folder), applied: await appliedMigrations(client) };
    assertSameHistory(history);
    return await work(client, history);
  });
}

async function inTransaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query('begin');
  try {
    await work();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined); // with a lost connection, there is nothing to roll back
    throw error;
  }
}

async function prepare(client: pg.Client): Promise<void> {
  await refuseForeignSchema(client);
  await client.query(`
    create table if not exists schema_migration (
      version integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`);
  await client.query(CREATE_APPLICATION_ROLE);
}

/**
 * Both servers have tables named `source` and `registry`, so they can't share a schema.
 *
 * @throws Error if the database holds the schema of ToolHive Registry Server
 */
async function refuseForeignSchema(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ database: string }>(
    `select current_database() as database
     where to_regclass('registry_entry') is not null and to_regclass('entry_version') is not null`,
  );
  if (rows[0] === undefined) return;
  throw new Error(
    `The database ${rows[0].database} holds the tables of ToolHive Registry Server. Give Rollcall a database of its own, and move servers to it with \`rollcall import toolhive\` (docs/migrating.md). Nothing was changed.`,
  );
}

/**
 * A user without the right to create roles can migrate too; `prime-db` then creates the role. Roles belong to the whole
 * cluster, so the migration of another database may be creating the same one.
 */
const CREATE_APPLICATION_ROLE = `
do $role$
begin
  if not exists (select from pg_roles where rolname = '${APPLICATION_ROLE}') then
    create role ${APPLICATION_ROLE};
  end if;
exception when duplicate_object or unique_violation or insufficient_privilege then
  null;
end
$role$;`;

async function hasMigrationTable(client: pg.Client): Promise<boolean> {
  const result = await client.query<{ found: boolean }>(`select to_regclass('schema_migration') is not null as found`);
  return result.rows[0]?.found === true;
}

async function appliedMigrations(client: pg.Client): Promise<AppliedMigration[]> {
  const result = await client.query(
    'select version, name, checksum, applied_at from schema_migration order by version',
  );
  return z.array(appliedMigration).parse(result.rows);
}

/**
 * Later migrations are fine: during an upgrade, processes of the previous version start on the schema of the next one, which is
 * compatible with them.
 */
function assertSameHistory({ files, applied }: History): void {
  for (const row of applied) {
    const label = labelOf(row);
    const file = files.find(({ version }) => version === row.version);
    if (file === undefined) continue;
    if (file.name !== row.name || file.checksum !== row.checksum) {
      throw new Error(
        `Migration ${label} was applied with different content than its file has now. Applied migrations must not be edited. Run the version of Rollcall that applied it, or start with an empty database.`,
      );
    }
  }
}

/** Only the version that has the files of the later migrations can revert them, and they come first. */
function refuseLaterMigrations({ files, applied }: History): void {
  const later = applied.find((row) => !files.some(({ version }) => version === row.version));
  if (later === undefined) return;
  throw new Error(
    `The database has migration ${labelOf(later)}, which this version of Rollcall doesn't know: revert it with the newer version first.`,
  );
}

function labelOf({ version, name }: AppliedMigration): string {
  return `${String(version).padStart(4, '0')}_${name}`;
}

async function readMigrationFiles(folder: URL): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.up.sql')).sort();
  return await Promise.all(names.map((name) => readMigrationFile(folder, name)));
}

async function readMigrationFile(folder: URL, fileName: string): Promise<MigrationFile> {
  const [, version, name] = /^(\d{4})_(\w+)\.up\.sql$/.exec(fileName) ?? [];
  if (version === undefined || name === undefined) {
    throw new Error(`The file ${fileName} in migrations/ must be named NNNN_name.up.sql.`);
  }
  const up = await readFile(new URL(fileName, folder), 'utf8');
  const down = await readFile(new URL(fileName.replace('.up.sql', '.down.sql'), folder), 'utf8');
  return { version: Number(version), name, up, down, checksum: createHash('sha256').update(up).digest('hex') };
}
