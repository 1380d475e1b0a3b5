/** Explains why a database can't be used, with the setting to change. */
import { describeCertificateFault } from './certificate-fault.ts';
import { type DatabaseLogin, passwordOf } from './connection.ts';
import type { DatabaseSettings } from './model.ts';
import { describeSecret } from './secrets.ts';

const CERTIFICATE_REMEDIES = {
  otherName: 'set `database.host` to one of them',
  untrusted: 'set NODE_EXTRA_CA_CERTS to a PEM file with the certificate of the authority',
};

/**
 * Describes a connection error in one sentence: the problem, the address, and the setting to change. Other errors keep
 * their message.
 */
export function describeDatabaseFailure(
  error: unknown,
  settings: DatabaseSettings,
  login: DatabaseLogin = 'application',
): string {
  const { host, port, database } = settings;
  const where = `the database at ${host}:${port}`;
  const user = login === 'migration' ? (settings.migrationUser ?? settings.user) : settings.user;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens at ${host}:${port}: start PostgreSQL, or correct \`database.host\` and \`database.port\``;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name ${host} can't be looked up: correct \`database.host\``;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${where} doesn't answer: check \`database.host\`, and firewalls in between`;
    case '28P01':
      return `${where} rejected the password of user ${user} from ${passwordPlace(settings, login)}`;
    case '28000':
      return `${where} refuses user ${user} (${message}): check \`database.user\`, \`database.sslMode\`, and the server's pg_hba.conf`;
    case '3D000':
      return `${where} has no database "${database}": create it, or correct \`database.database\``;
    case '42501':
      return `user ${user} lacks a permission (${message}): run \`rollcall migrate up\` as the owner, and grant the role with \`rollcall prime-db\``;
    case '53300':
      return `${where} has no connections left: lower \`database.maxOpenConns\`, or raise max_connections of the server`;
    case '57P03':
      return `${where} is starting or stopping: try again in a moment`;
    default:
      if (message === 'timeout expired')
        return `${where} doesn't answer: check \`database.host\`, and firewalls in between`;
      if (message.includes('does not support SSL'))
        return `${where} doesn't support TLS: set \`database.sslMode: disable\``;
      return (
        describeCertificateFault({ code, message }, where, CERTIFICATE_REMEDIES) ??
        (message === '' ? `${where} failed: ${code}` : message)
      );
  }
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : '';
}

function passwordPlace(settings: DatabaseSettings, login: DatabaseLogin): string {
  const found = passwordOf(settings, login);
  if (found === undefined) return 'the PostgreSQL password file (`PGPASSFILE`, or ~/.pgpass)';
  const { password, setting } = found;
  return 'value' in password ? `the configuration (\`${setting}\`)` : describeSecret(password, setting);
}
