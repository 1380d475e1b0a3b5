/** The two logins that the database settings describe. */

import pgpass from 'pgpass';

import type { ConnectionSettings } from '../db/connection.ts';
import type { DatabasePassword, DatabaseSettings } from './model.ts';
import { readSecret } from './secrets.ts';

/**
 * The login that reads and writes rows.
 *
 * @throws RollcallError `SecretUnavailable` where the file or variable of the password cannot be read.
 */
export async function applicationConnection(settings: DatabaseSettings): Promise<ConnectionSettings> {
  return connection(settings, settings.user, settings.password);
}

/** The login that changes the schema: without a password of its own it has that of the application. */
export async function migrationConnection(settings: DatabaseSettings): Promise<ConnectionSettings> {
  const user = settings.migrationUser ?? settings.user;
  return connection(settings, user, settings.migrationPassword ?? settings.password);
}

async function connection(
  settings: DatabaseSettings,
  user: string,
  password: DatabasePassword | undefined,
): Promise<ConnectionSettings> {
  const { host, port, database } = settings;
  return {
    host,
    port,
    database,
    user,
    password: password ? await readPassword(password) : await passwordFromPasswordFile({ host, port, database, user }),
    sslMode: settings.sslMode,
    maxConnections: settings.maxOpenConnections,
    maxIdleConnections: settings.maxIdleConnections,
    connectionMaxLifetimeMs: settings.connectionMaxLifetimeMs,
  };
}

async function readPassword(password: DatabasePassword): Promise<string> {
  return 'value' in password ? password.value : readSecret(password);
}

/** From `$PGPASSFILE`, else `~/.pgpass`; undefined: the server may let the user in without a password. */
async function passwordFromPasswordFile(login: Parameters<typeof pgpass>[0]): Promise<string | undefined> {
  return new Promise((resolve) => {
    pgpass(login, resolve);
  });
}
