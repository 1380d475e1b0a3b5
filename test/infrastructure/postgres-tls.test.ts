/** PostgreSQL over TLS with `verify-full`, and the password in a file. */
import { X509Certificate } from 'node:crypto';
import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preparePostgresHost } from '../../embedded/postgres-host.ts';
import { type Authority, createAuthority, type IssueOptions } from '../certificate-authority.ts';
import { type OwnPostgres, startOwnPostgres } from '../db/own-postgres.ts';
import { eventually } from '../eventually.ts';
import { createInstallation, type Installation } from './installation.ts';

let postgres: OwnPostgres;
let authority: Authority;
let installation: Installation;
let authorityFile: string;
let passwordFile: string;

beforeAll(async () => {
  [postgres, authority, installation] = await Promise.all([
    startOwnPostgres(),
    createAuthority(),
    createInstallation(),
  ]);
  authorityFile = await installation.put('authority.pem', authority.certificate);
  passwordFile = await installation.put('password', `${String(postgres.settings.password)}\n`);
  await eventually(
    () => asSuperuser('alter system set ssl = on').then(Boolean, () => false),
    'the superuser can log in',
  );
  const { clusterDirectory } = await preparePostgresHost(postgres.dataDirectory);
  await writeFile(
    join(clusterDirectory, 'pg_hba.conf'),
    'host all postgres 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n',
  );
  await useCertificate({ names: ['localhost'] });
});
afterAll(async () => {
  await installation?.remove();
  await postgres?.remove();
});

async function asSuperuser(...statements: readonly string[]): Promise<pg.QueryResult> {
  const client = new pg.Client({ ...postgres.superuserSettings, ssl: false });
  await client.connect();
  try {
    let result: pg.QueryResult | undefined;
    for (const statement of statements) result = await client.query(statement);
    return result!;
  } finally {
    await client.end();
  }
}

/** Gives the server a new certificate of the authority. */
async function useCertificate(options: IssueOptions): Promise<void> {
  const { clusterDirectory } = await preparePostgresHost(postgres.dataDirectory);
  const { certificate, privateKey } = await authority.issue(options);
  const { uid, gid } = await stat(clusterDirectory);
  for (const [name, content] of [
    ['server.crt', certificate],
    ['server.key', privateKey],
  ] as const) {
    const file = join(clusterDirectory, name);
    await writeFile(file, content, { mode: 0o600 });
    await chown(file, uid, gid);
  }
  await asSuperuser('select pg_reload_conf()');
  const fingerprint = new X509Certificate(certificate).fingerprint256;
  await eventually(async () => (await presentedCertificate()) === fingerprint, 'the certificate is used');
}

/** Its fingerprint; undefined if the server doesn't use TLS yet. */
async function presentedCertificate(): Promise<string | undefined> {
  const client = new pg.Client({ ...postgres.superuserSettings, ssl: { rejectUnauthorized: false } });
  try {
    await client.connect();
    const { stream } = (client as unknown as { connection: { stream: TLSSocket } }).connection;
    return stream.getPeerX509Certificate()?.fingerprint256;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function databaseAt(host: string, changes: object = {}): object {
  const { port, user, database } = postgres.settings;
  return { database: { host, port, user, database, passwordFile, sslMode: 'verify-full', ...changes } };
}

const temporal = { address: '127.0.0.1:1' };
const trusting = (): NodeJS.ProcessEnv => ({ NODE_EXTRA_CA_CERTS: authorityFile });

test('an api connects, encrypted, and serves', async () => {
  const api = await installation.start(['api'], { ...databaseAt('localhost'), temporal }, trusting());
  await api.printed(/The API listens/);
  expect((await fetch(`${installation.url}/v1/sources`)).status).toBe(200);
  const { rows } = await asSuperuser(
    `select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename = '${postgres.settings.user}'`,
  );
  expect(rows).toEqual([{ ssl: true }]);
  api.stop();
  await api.ended;
});

describe('an api is refused with the remedy', () => {
  const failure = async (database: object, environment = trusting()): Promise<string> => {
    const { status, stderr } = await installation.run(['api'], { ...database, temporal }, environment);
    expect(status).toBe(1);
    return (JSON.parse(stderr) as { msg: string }).msg;
  };

  test('if the authority of the certificate is unknown', async () => {
    expect(await failure(databaseAt('localhost'), {})).toMatch(
      /certificate of the database at localhost:\d+ is from an authority that isn't trusted \(.+\): set NODE_EXTRA_CA_CERTS to a PEM file/,
    );
  });

  test('if the password is wrong', async () => {
    const wrong = await installation.put('wrong', 'wrong');
    expect(await failure(databaseAt('localhost', { passwordFile: wrong }))).toContain(
      `rejected the password of user ${postgres.settings.user} from the file ${wrong} (\`database.passwordFile\`)`,
    );
  });

  test('if it does not use TLS', async () => {
    expect(await failure(databaseAt('localhost', { sslMode: 'disable' }))).toMatch(
      /refuses user .+no encryption.+check `database\.user`, `database\.sslMode`, and the server's pg_hba\.conf/,
    );
  });

  test('if the certificate is for another host', async () => {
    await useCertificate({ names: ['db.example.com'], addresses: [] });
    expect(await failure(databaseAt('localhost'))).toMatch(
      /is for other names \(.*db\.example\.com.*\): set `database\.host` to one of them/,
    );
  });

  test('if the certificate has expired', async () => {
    await useCertificate({ names: ['localhost'], isExpired: true });
    expect(await failure(databaseAt('localhost'))).toMatch(/certificate of .+ has expired: renew it on that server/);
  });
});
