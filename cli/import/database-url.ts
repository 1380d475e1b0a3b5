/** Parses the address of another server's database. */
import { readSecret } from '../../config/secrets.ts';
import { passwordFromPasswordFile } from '../../config/connection.ts';
import type { ConnectionSettings, SslMode } from '../../db/connection/settings.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from '../terminal/failure.ts';

const SSL_MODES: readonly SslMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];
const DEFAULT_PORT = 5432;
const EXAMPLE = 'postgres://reader@db.example.com:5432/registry?sslmode=verify-full';

/**
 * Reads a PostgreSQL URL with an optional `sslmode`. The password comes from a file, or from the PostgreSQL password file.
 *
 * @throws CommandFailure if it isn't such a URL, or contains a password, which other users of the machine could see
 */
export async function databaseAt(text: string, passwordFile: string | undefined): Promise<ConnectionSettings> {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw refused(`expected the URL of a PostgreSQL database, such as ${EXAMPLE}`);
  }
  if (url.password !== '') throw refused('remove the password from the URL, and pass it with --password-file');
  const name = decodeURIComponent(url.pathname.slice(1));
  if (url.hostname === '' || url.username === '' || name === '') {
    throw refused(`the URL must name a user, a host, and a database, such as ${EXAMPLE}`);
  }
  const login = {
    host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decodeURIComponent(url.username),
    database: name,
  };
  return {
    ...login,
    password:
      passwordFile === undefined
        ? await passwordFromPasswordFile(login)
        : await readSecret({ file: passwordFile }, '--password-file'),
    sslMode: sslModeOf(url.searchParams),
  };
}

function sslModeOf(parameters: URLSearchParams): SslMode {
  const unknown = [...parameters.keys()].find((name) => name !== 'sslmode');
  if (unknown !== undefined) throw refused(`remove ${unknown} from the URL: only sslmode is supported`);
  const written = parameters.get('sslmode') ?? 'prefer';
  const mode = SSL_MODES.find((known) => known === written);
  if (mode === undefined) throw refused(`sslmode must be one of ${SSL_MODES.join(', ')}`);
  return mode;
}

function refused(message: string): CommandFailure {
  return new CommandFailure(message, USAGE_EXIT_STATUS);
}
