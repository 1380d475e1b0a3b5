/** Temporal behind TLS: with client certificates, and with an API key. */
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort } from '../../embedded/free-port.ts';
import { type Authority, createAuthority } from '../certificate-authority.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace, type TestNamespace } from '../temporal-namespace.ts';
import { createInstallation, databaseSection, type Installation } from './installation.ts';
import { nginx, type Nginx, startNginx } from './nginx.ts';
import { whySkipped } from './programs.ts';

let installation: Installation;
let database: TestDatabase;
let temporal: TestNamespace;
let authority: Authority;
let caFile: string;

beforeAll(async () => {
  [installation, database, temporal, authority] = await Promise.all([
    createInstallation(),
    createTestDatabase(),
    createTestNamespace(),
    createAuthority(),
  ]);
  caFile = await installation.put('authority.pem', authority.certificate);
});
afterAll(async () => {
  await installation?.remove();
  await database?.drop();
});

function configurationFor(address: string, changes: object): object {
  const { namespace } = temporal;
  return { database: databaseSection(database.settings), temporal: { address, namespace, ...changes } };
}

/** Publishes a version through an api and a worker that are connected like this. */
async function expectPublishOver(address: string, changes: object, version: string): Promise<void> {
  const configuration = configurationFor(address, changes);
  const commands = await Promise.all([
    installation.start(['worker'], configuration),
    installation.start(['api'], configuration),
  ]);
  await Promise.all([commands[0].printed(/The worker takes tasks/), commands[1].printed(/The API listens/)]);
  const response = await fetch(`${installation.url}/v0.1/publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'com.example/weather', description: 'Forecasts', version }),
  });
  expect({ status: response.status, text: await response.text() }).toMatchObject({ status: 200 });
  for (const command of commands) command.stop();
  for (const command of commands) expect((await command.ended).status).toBe(0);
}

interface Misconfigured {
  readonly role: string;
  readonly address: string;
  readonly changes: object;
}

/** Waits until a command has logged what prevents it from working. It keeps running until then. */
async function expectComplaint({ role, address, changes }: Misconfigured, pattern: RegExp): Promise<void> {
  const command = await installation.start([role], configurationFor(address, changes));
  expect(await command.printed(new RegExp(`Nothing is synced or published: ${pattern.source}`))).not.toBeNull();
  command.stop();
  await command.ended;
}

describe('Temporal behind TLS', { timeout: 90_000 }, () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  /** Ends TLS in front of the Temporal of the test. Returns its address. */
  async function startTerminator(options: TlsOptions): Promise<string> {
    const [host = '', port = ''] = temporal.address.split(':');
    const server = createServer({ ALPNProtocols: ['h2'], ...options }, (socket) => {
      const upstream = connect(Number(port), host);
      socket.pipe(upstream).pipe(socket);
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
    });
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function serverOptions(names: readonly string[], more: { isExpired?: boolean; addresses?: string[] } = {}) {
    const { certificate, privateKey } = await authority.issue({ names, ...more });
    return { cert: certificate, key: privateKey };
  }

  async function clientFiles(): Promise<{ certificateFile: string; keyFile: string }> {
    const { certificate, privateKey } = await authority.issue({ names: ['rollcall'], addresses: [] });
    return {
      certificateFile: await installation.put('client.pem', certificate),
      keyFile: await installation.put('client-key.pem', privateKey),
    };
  }

  const requireClient = async (): Promise<TlsOptions> => ({
    ...(await serverOptions(['temporal.example.com'], { addresses: [] })),
    requestCert: true,
    rejectUnauthorized: true,
    ca: authority.certificate,
  });

  test('carries out writes with a client certificate', async () => {
    const address = await startTerminator(await requireClient());
    await expectPublishOver(
      address,
      { tls: { caFile, serverName: 'temporal.example.com', ...(await clientFiles()) } },
      '1.0.0',
    );
  });

  test.each(['api', 'worker'])('%s names the setting if the authority is unknown', async (role) => {
    const address = await startTerminator(await serverOptions(['localhost']));
    const other = await installation.put('other.pem', (await createAuthority()).certificate);
    const pattern =
      /the certificate of Temporal at \S+ is from an authority that isn't trusted \(.+\): set `temporal\.tls\.caFile` to a PEM file/;
    await expectComplaint({ role, address, changes: { tls: { caFile: other } } }, pattern);
  });

  test.each(['api', 'worker'])('%s names the settings if a client certificate is missing', async (role) => {
    const address = await startTerminator(await requireClient());
    const pattern =
      /Temporal at \S+ requires a client certificate: set `temporal\.tls\.certificateFile` and `temporal\.tls\.keyFile`/;
    await expectComplaint({ role, address, changes: { tls: { caFile, serverName: 'temporal.example.com' } } }, pattern);
  });

  test('an expired certificate, and one for another name', async () => {
    const expired = await startTerminator(await serverOptions(['localhost'], { isExpired: true }));
    await expectComplaint(
      { role: 'api', address: expired, changes: { tls: { caFile } } },
      /the certificate of \S+ at \S+ has expired: renew it/,
    );
    const named = await startTerminator(await serverOptions(['temporal.example.com'], { addresses: [] }));
    const pattern =
      /the certificate of .+ is for other names \(.+temporal\.example\.com\): set `temporal\.tls\.serverName`/;
    await expectComplaint(
      { role: 'api', address: named.replace('127.0.0.1', 'localhost'), changes: { tls: { caFile } } },
      pattern,
    );
  });

  test('only one side uses TLS', async () => {
    const address = await startTerminator(await serverOptions(['localhost']));
    await expectComplaint({ role: 'api', address, changes: {} }, /.+, or set `temporal\.tls` if it expects TLS/);
    await expectComplaint(
      { role: 'api', address: temporal.address, changes: { tls: { caFile } } },
      /.+ doesn't use TLS: remove `temporal\.tls`/,
    );
  });
});

describe.skipIf('missing' in nginx)(
  `Temporal behind a gateway that asks for an API key${whySkipped(nginx)}`,
  { timeout: 90_000 },
  () => {
    let gateway: Nginx;
    let address: string;
    beforeAll(async () => {
      const port = await findFreePort();
      address = `localhost:${port}`;
      const { certificate, privateKey } = await authority.issue({ names: ['localhost'] });
      gateway = await startNginx(
        `server {
        listen 127.0.0.1:${port} ssl http2;
        ssl_certificate ${await installation.put('gateway.pem', certificate)};
        ssl_certificate_key ${await installation.put('gateway-key.pem', privateKey)};
        location / {
          if ($http_authorization != "Bearer right") { return 401; }
          grpc_pass grpc://${temporal.address};
          grpc_read_timeout 300s;
        }
      }`,
        [port],
      );
    });
    afterAll(() => gateway?.stop());

    test('carries out writes with the key', async () => {
      const apiKeyFile = await installation.put('key', 'right\n');
      await expectPublishOver(address, { tls: { caFile }, apiKeyFile }, '2.0.0');
    });

    test.each(['api', 'worker'])('%s says that the key is wrong, and where it comes from', async (role) => {
      const apiKeyFile = await installation.put('wrong', 'wrong');
      const rejected = /Temporal at \S+ rejected the API key in the file \S+wrong \(`temporal\.apiKeyFile`\)/;
      await expectComplaint({ role, address, changes: { tls: { caFile }, apiKeyFile } }, rejected);
    });

    test('an api says that a key is missing', async () => {
      await expectComplaint(
        { role: 'api', address, changes: { tls: { caFile } } },
        /Temporal at \S+ refuses access: set `temporal\.apiKeyFile`/,
      );
    });
  },
);
