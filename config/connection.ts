/** Connection settings of the two database users. */

import pgpass from 'pgpass';

import type { ConnectionSettings } from '../db/connection/database.ts';
import type { DatabasePassword, DatabaseSettings } from './model.ts';
import { readSecret } from './secrets.ts';

/**
 * Connection of the application user, which reads and writes rows.
 *
 * @throws RollcallError `SecretUnavailable` if the password file or variable can't be read
 */
export async function applicationConnection(settings: DatabaseSettings): Promise<ConnectionSettings> {
  return connection(settings, settings.user, settings.password);
}

/** Connection of the migration user. Its password defaults to the application user's. */
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

/** Reads `$PGPASSFILE` or `~/.pgpass`. Returns undefined if there is no entry; the server may not need a password. */
export async function passwordFromPasswordFile(login: Parameters<typeof pgpass>[0]): Promise<string | undefined> {
  return new Promise((resolve) => {
    pgpass(login, resolve);
  });
}
