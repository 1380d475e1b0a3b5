/** Connection settings of the two database users. */

import pgpass from 'pgpass';

import type { ConnectionSettings } from '../db/connection/database.ts';
import type { DatabasePassword, DatabaseSettings } from './model.ts';
import { readSecret } from './secrets.ts';

/** A login: the application's, or the one that migrates. */
export type DatabaseLogin = 'application' | 'migration';

/**
 * Connection of the application user, which reads and writes rows.
 *
 * @throws RollcallError `SecretUnavailable` if the password file or variable can't be read
 */
export async function applicationConnection(settings: DatabaseSettings): Promise<ConnectionSettings> {
  return connection(settings, settings.user, 'application');
}

/** Connection of the migration user. Its password defaults to the application user's. */
export async function migrationConnection(settings: DatabaseSettings): Promise<ConnectionSettings> {
  return connection(settings, settings.migrationUser ?? settings.user, 'migration');
}

async function connection(settings: DatabaseSettings, user: string, login: DatabaseLogin): Promise<ConnectionSettings> {
  const { host, port, database } = settings;
  const found = passwordOf(settings, login);
  return {
    host,
    port,
    database,
    user,
    password: found ? await readPassword(found) : await passwordFromPasswordFile({ host, port, database, user }),
    sslMode: settings.sslMode,
    maxConnections: settings.maxOpenConnections,
    maxIdleConnections: settings.maxIdleConnections,
    connectionMaxLifetimeMs: settings.connectionMaxLifetimeMs,
  };
}

/** A password, and the setting that it comes from. */
interface FoundPassword {
  readonly password: DatabasePassword;
  readonly setting: string;
}

/** The configured password of a login. The migration user's defaults to the application user's. */
export function passwordOf(settings: DatabaseSettings, login: DatabaseLogin): FoundPassword | undefined {
  const key = login === 'migration' && settings.migrationPassword !== undefined ? 'migrationPassword' : 'password';
  const password = settings[key];
  return password && { password, setting: `database.${key}${'file' in password ? 'File' : ''}` };
}

async function readPassword({ password, setting }: FoundPassword): Promise<string> {
  return 'value' in password ? password.value : readSecret(password, setting);
}

/** Reads `$PGPASSFILE` or `~/.pgpass`. Returns undefined if there is no entry; the server may not need a password. */
export async function passwordFromPasswordFile(login: Parameters<typeof pgpass>[0]): Promise<string | undefined> {
  return new Promise((resolve) => {
    pgpass(login, resolve);
  });
}
