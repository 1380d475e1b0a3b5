/** Translates `databaseConfig` of a resource to the section `database` of a configuration file. */
import { defined, isJsonObject, type JsonObject, memberOf, textOf } from '../registry/json.ts';
import type { PodParts } from './pod-parts.ts';
import { invalidField, required } from './spec-fault.ts';

export interface SecretKey {
  readonly name: string;
  readonly key: string;
}

/** A password that goes into the generated password file. */
export interface PasswordLine {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly from: SecretKey;
}

export interface TranslatedDatabase {
  readonly database: JsonObject;
  readonly passwords: readonly PasswordLine[];
}

/** Undefined if the resource has no database: then each pod runs its own. */
export function translateDatabase(written: unknown, parts: PodParts): TranslatedDatabase | undefined {
  if (!isJsonObject(written)) return undefined;
  if (written['dynamicAuth'] !== undefined) {
    throw invalidField('spec.databaseConfig.dynamicAuth', "isn't supported: remove it and use passwords from Secrets");
  }
  const text = (key: string, byDefault: string): string => textOf(written[key]) ?? byDefault;
  const host = text('host', 'postgres');
  const port = typeof written['port'] === 'number' ? written['port'] : 5432;
  const database = text('database', 'registry');
  const user = text('user', 'db_app');
  const migrationUser = text('migrationUser', 'db_migrator');
  const sslMode = text('sslMode', 'prefer');
  const passwordOf = (key: string, ofUser: string): PasswordLine[] => {
    if (!isJsonObject(written[key])) return [];
    const field = `spec.databaseConfig.${key}`;
    const reference = memberOf(written, key);
    const from = { name: required(reference, 'name', field), key: required(reference, 'key', field) };
    parts.refer({ kind: 'Secret', ...from, field, restarts: true });
    return [{ host, port, database, user: ofUser, from }];
  };
  return {
    database: {
      host,
      port,
      database,
      user,
      migrationUser,
      // PostgreSQL's `allow` prefers a connection without TLS.
      sslMode: sslMode === 'allow' ? 'prefer' : sslMode,
      maxOpenConns: written['maxOpenConns'] ?? 10,
      maxIdleConns: written['maxIdleConns'] ?? 2,
      connMaxLifetime: text('connMaxLifetime', '30m'),
      ...defined({ maxMetaSize: written['maxMetaSize'] }),
    },
    passwords: [
      ...passwordOf('dbAppUserPasswordSecretRef', user),
      ...passwordOf('dbMigrationUserPasswordSecretRef', migrationUser),
    ],
  };
}

/** A password file of PostgreSQL: lines of `host:port:database:user:password`, in which `:` and `\` are escaped. */
export function passwordFile(entries: readonly (Omit<PasswordLine, 'from'> & { readonly password: string })[]): string {
  return entries
    .map(({ host, port, database, user, password }) =>
      [host, String(port), database, user, password].map((part) => part.replace(/[\\:]/g, String.raw`\$&`)).join(':'),
    )
    .map((line) => `${line}\n`)
    .join('');
}
