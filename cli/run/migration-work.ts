/** Implementation of `rollcall migrate`. */
import { createInterface } from 'node:readline/promises';
import { describeDatabaseFailure } from '../../config/connection-failure.ts';
import { migrationConnection } from '../../config/connection.ts';
import type { ConnectionSettings } from '../../db/connection/database.ts';
import { type Migration, migrateDown, migrateUp, migrationStatus } from '../../db/upkeep/migrations.ts';
import { type ConfigurationFileOption, type DataDirectoryOption, readConfiguration } from './configuration.ts';
import { assertEmbeddedPostgresExists, withEmbeddedPostgres } from './embedded-database.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from '../terminal/failure.ts';
import { formatTable } from '../terminal/table.ts';

export interface MigrateOptions extends ConfigurationFileOption, DataDirectoryOption {
  readonly yes?: boolean;
  readonly numSteps?: number;
}

const WORK = { up, down, status } as const;

export type MigrationWork = keyof typeof WORK;

/** Works on the configured database as its migration user, or on the embedded database, started for the purpose. */
export async function runMigrationWork(work: MigrationWork, options: MigrateOptions): Promise<void> {
  const { database } = await readConfiguration(options.config);
  if (database !== undefined) {
    const connection = await migrationConnection(database);
    return await WORK[work](connection, options).catch((error: unknown) => {
      throw error instanceof CommandFailure
        ? error
        : new CommandFailure(describeDatabaseFailure(error, database, 'migration'));
    });
  }
  if (work !== 'up') assertEmbeddedPostgresExists(options.dataDir);
  return withEmbeddedPostgres(options.dataDir, ({ ownerSettings }) => WORK[work](ownerSettings, options));
}

async function up(settings: ConnectionSettings, options: MigrateOptions): Promise<void> {
  const missing = (await migrationStatus(settings)).filter(({ appliedAt }) => appliedAt === null);
  if (missing.length === 0) return console.log('The database schema is up to date');
  await confirm(`Apply ${missing.length} migrations to ${describe(settings)}?`, options);
  await migrateUp(settings, { onProgress: (migration) => console.log(`Applied ${title(migration)}`) });
}

async function down(settings: ConnectionSettings, options: MigrateOptions): Promise<void> {
  const steps = options.numSteps ?? 1;
  await confirm(`Revert ${steps} migrations of ${describe(settings)}? Data in dropped tables will be lost.`, options);
  const onProgress = (migration: Migration): void => console.log(`Reverted ${title(migration)}`);
  await migrateDown(settings, steps, { onProgress });
}

async function status(settings: ConnectionSettings): Promise<void> {
  const migrations = await migrationStatus(settings);
  console.log(
    formatTable(
      ['migration', 'applied'],
      migrations.map((migration) => [title(migration), migration.appliedAt ?? 'no']),
    ),
  );
}

async function confirm(question: string, { yes }: MigrateOptions): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new CommandFailure(`${question} Confirm with --yes`, USAGE_EXIT_STATUS);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} Type "yes" to continue: `);
  terminal.close();
  if (answer.trim() !== 'yes') throw new CommandFailure('Aborted; nothing was changed');
}

function describe({ database, host, port }: ConnectionSettings): string {
  return `database ${database} at ${host}:${port}`;
}

function title({ version, name }: Migration): string {
  return `${String(version).padStart(4, '0')} ${name}`;
}
