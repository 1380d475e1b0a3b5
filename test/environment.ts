/** Databases in the run's PostgreSQL, and requests for whatever else a run starts or builds once. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type ConnectionSettings, type Database, openDatabase } from '../db/connection/database.ts';

export interface TestDatabase {
  /** Open, as the application's user, who can only read and write rows. */
  readonly database: Database;
  readonly settings: ConnectionSettings;
  /** The owner, who migrates. */
  readonly ownerSettings: ConnectionSettings;
  /** Closes and drops the database. */
  drop(): Promise<void>;
}

/** A new database with all migrations: a copy of one that was migrated once for the run. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase('rollcall');
}

/** A new empty database, for tests of the migrations themselves. */
export function createEmptyTestDatabase(): Promise<TestDatabase> {
  return createDatabase('template0');
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const shared = await askFor<Pick<TestDatabase, 'settings' | 'ownerSettings'>>('/postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asOwner(shared.ownerSettings, `create database ${name} template ${template}`);
  const settings = { ...shared.settings, database: name };
  const ownerSettings = { ...shared.ownerSettings, database: name };
  const database = await openDatabase(settings);
  return {
    database,
    settings,
    ownerSettings,
    drop: async () => {
      await database.close();
      // Without force, which fails if a connection of the application's user is still ending, because the owner can't end it.
      // PostgreSQL waits for some seconds, and ends autovacuum.
      await asOwner(shared.ownerSettings, `drop database ${name}`);
    },
  };
}

/** Builds the console once for the run, if it changed. */
export async function builtConsole(): Promise<void> {
  await askFor<string>('/console');
}

/** From the maintenance database: a template can't be copied while anything is connected to it. */
async function asOwner(ownerSettings: ConnectionSettings, statement: string): Promise<void> {
  const { host, port, user, password } = ownerSettings;
  const client = new pg.Client({ host, port, user, password, database: 'postgres' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Asks the run's shared servers, see global-setup.ts. */
export async function askFor<Answer>(path: string): Promise<Answer> {
  const response = await fetch(`${inject('testServers')}${path}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`The shared test server for ${path} did not start: ${text}`);
  return JSON.parse(text) as Answer;
}
