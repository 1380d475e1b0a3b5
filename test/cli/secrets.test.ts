/** Secrets are planted in all possible places, everything that can fail fails, and all output is searched for them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { temporal as wire } from '@temporalio/proto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { createLoopbackCertificate, type LoopbackCertificate } from '../certificate-authority.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace, type TestNamespace } from '../temporal-namespace.ts';
import { type IdentityProvider, startIdentityProvider } from '../identity-provider.ts';
import { type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { PlantedSecrets, ProcessArguments } from './planted-secrets.ts';
import { type RunningCommand, startRollcall } from './rollcall-process.ts';

const secrets = new PlantedSecrets();
const GIT_PASSWORD = secrets.plant('the password of git', { username: 'robot' });
const HEADER_IN_FILE = secrets.plant('a header from a file');
const HEADER_IN_VARIABLE = secrets.plant('a header from a variable');
const BEARER_TOKEN = secrets.plant('the bearer token of a source');
const CREATED_BEARER_TOKEN = secrets.plant('the bearer token of a source that was created over the API');
const SIGNATURE = secrets.plant('the signature in a URL that a source redirects to');
const QUERY = secrets.plant('the query of a URL', { shownIn: /^source$|^sources\.|^\/v1\/sources/ });
const SSH_KEY = secrets.plant('an SSH key');
const API_KEY = secrets.plant('the API key for Temporal');
const CLIENT_SECRET = secrets.plant('the client secret', { username: 'rollcall' });
const PROVIDER_TOKEN = secrets.plant('the bearer token for a provider');
const MADE_UP_TOKEN = secrets.plant('a token that nobody issued');
const LONG_TOKEN = secrets.plant('a token that is too long');
const TOKEN_IN_URL = secrets.plant('a token in a URL');
const PASSWORD_OF_CALLER = secrets.plant('a password that a caller sends', { username: 'ada' });

const SERVER = {
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name: 'com.example/tool',
  description: 'Does something',
  version: '1.0.0',
};

let folder: string;
let database: TestDatabase;
let namespace: TestNamespace;
let provider: IdentityProvider;
let upstream: Echo;
let git: GitHttpServer;
let rollcall: RunningCommand;
let url: string;
let processes: ProcessArguments;
/** Answers and outputs of commands, by request. */
const answers: Record<string, string> = {};
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-secrets-'));
  processes = new ProcessArguments();
  [database, namespace, provider, upstream, git] = await Promise.all([
    createTestDatabase(),
    createTestNamespace(),
    startIdentityProvider(),
    Echo.start(),
    startGit(),
  ]);
  secrets.add('the password of the database', database.settings.password ?? '');
  secrets.add('the password of the database owner', database.ownerSettings.password ?? '');
  url = `http://${LOOPBACK}:${await findFreePort()}`;
  const file = join(folder, 'rollcall.yaml');
  await writeFile(file, JSON.stringify(await configuration())); // JSON is YAML.
  const environment = { THV_REGISTRY_LOG_LEVEL: 'trace', PLANTED_HEADER: HEADER_IN_VARIABLE };
  rollcall = startRollcall(environment, 'serve', '--config', file);
  await rollcall.printed(/is running/);
  token = secrets.add('the token of a caller', await provider.token({ role: 'admin', name: 'Ada' }));
}, 300_000);

afterAll(async () => {
  rollcall.stop();
  await rollcall.ended;
  await Promise.all([processes.stop(), provider.stop(), upstream.stop(), git.close()]);
  await database.drop();
  await rm(folder, { recursive: true });
}, 30_000);

test('the log has the level that the environment sets', async () => {
  await expect(rollcall.printed(/^\{"level":"(?:trace|debug|info)",/m)).resolves.toBeDefined();
});

describe('secrets are used', () => {
  test('by every source, successfully or not', async () => {
    const created = {
      name: 'created',
      api: { endpoint: `${upstream.url}/refusing`, bearerTokenFile: 'created-token' },
    };
    await change('sources.create', { ...created, syncPolicy: { interval: '1h' } });
    const names = ['catalog', 'missing', 'registry', 'refusing', 'signed', 'queried', 'keyed', 'created'];
    await Promise.all(names.map((name) => change('sources.sync', { name, wait: true })));
    expect(answers['sources.sync catalog']).toMatch(/"outcome":"(?:changed|unchanged)"/);
    for (const name of ['missing', 'refusing', 'signed', 'keyed', 'created']) {
      expect(answers[`sources.sync ${name}`]).toContain('"outcome":"failed"');
    }
    expect(git.requests.length).toBeGreaterThan(0);
    expect(secrets.in(upstream.received)).toEqual(
      expect.arrayContaining([
        'a header from a file',
        'a header from a variable',
        'the bearer token of a source',
        'the bearer token of a source that was created over the API',
        'the signature in a URL that a source redirects to',
        'the query of a URL',
      ]),
    );
  }, 30_000);

  test('while git runs', async () => {
    // Its processes only live for a moment.
    await expect
      .poll(async () => (await change('sources.sync', { name: 'catalog', wait: true, force: true }), processes.text), {
        timeout: 20_000,
        interval: 0,
      })
      .toMatch(/git[^\n]*(?:remote-https?|ls-remote|fetch)/);
  }, 30_000);

  test('by callers, valid or not', async () => {
    const expired = secrets.add('a token that has expired', await provider.token({}, { expiresInSeconds: -600 }));
    const reader = secrets.add(
      'a token for reading',
      await provider.token({ role: 'none', scope: 'mcp-registry:read' }),
    );
    const opaque = secrets.add('a token that is no JWT', await provider.opaqueToken({ role: 'admin' }));
    const foreign = secrets.add(
      'a token for an issuer that does not answer',
      await provider.token({}, { issuer: upstream.url, audience: 'rollcall' }),
    );
    expect(await statusOf('/v0.1/servers', `Bearer ${token}`)).toBe(200);
    expect(await statusOf('/v0.1/servers?limit=1', `Bearer ${opaque}`)).toBe(200);
    expect(await statusOf('/v0.1/servers?limit=2', `Bearer ${expired}`)).toBe(401);
    // Its provider is asked once, and then left alone for a while.
    expect(await statusOf('/v0.1/servers?limit=4', `Bearer ${MADE_UP_TOKEN}`)).toBe(503);
    expect(await statusOf('/v0.1/servers?limit=3', `Bearer ${foreign}`)).toBe(503);
    expect(await statusOf('/v0.1/servers?limit=5', `Bearer ${LONG_TOKEN.repeat(600)}`)).toBe(401);
    expect(await statusOf(`/v0.1/servers?access_token=${TOKEN_IN_URL}`)).toBe(401);
    expect(await statusOf(`/nowhere?access_token=${TOKEN_IN_URL}`, `Bearer ${token}`)).toBe(404);
    const basic = Buffer.from(`ada:${PASSWORD_OF_CALLER}`).toString('base64');
    expect(await statusOf('/v0.1/servers?limit=6', `Basic ${basic}`)).toBe(401);
    expect(await publish(token)).toBe(200);
    expect(await publish(token, { ...SERVER, description: 'Another server' })).toBe(409);
    expect(await publish(reader)).toBe(403);
    expect(secrets.in(upstream.received)).toEqual(
      expect.arrayContaining(['the client secret', 'the bearer token for a provider', 'a token that nobody issued']),
    );
  });

  test('by an API whose Temporal requires a key, and refuses it', async () => {
    const temporal = await RefusingTemporal.start();
    const [address, caFile, apiKeyFile] = [
      `localhost:${temporal.port}`,
      join(folder, 'ca.pem'),
      join(folder, 'api-key'),
    ];
    await Promise.all([writeFile(caFile, temporal.authority), writeFile(apiKeyFile, API_KEY)]);
    const own = `${LOOPBACK}:${await findFreePort()}`;
    const file = join(folder, 'with-a-key.yaml');
    const changes = {
      temporal: { address, tls: { caFile }, apiKeyFile },
      audit: { logFile: 'other-audit.log' },
      server: { address: own, internalAddress: `${LOOPBACK}:0` },
    };
    await writeFile(file, JSON.stringify({ ...(await configuration()), ...changes }));
    const api = startRollcall(
      { THV_REGISTRY_LOG_LEVEL: 'trace', PLANTED_HEADER: HEADER_IN_VARIABLE },
      'api',
      '--config',
      file,
    );
    await expect
      .poll(
        () =>
          fetch(`http://${own}/health`).then(
            ({ ok }) => ok,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    const response = await fetch(`http://${own}/trpc/sources.sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'catalog' }),
    });
    answers['sync without Temporal'] = await response.text();
    expect(response.status).toBe(503);
    api.stop();
    const { stdout, stderr } = await api.ended;
    answers['the log of an API with a key for Temporal'] = stdout + stderr;
    await temporal.stop();
    expect(secrets.in(temporal.received)).toEqual(['the API key for Temporal']);
  }, 60_000);

  test('by commands', async () => {
    const withToken = { ROLLCALL_SERVER: url, ROLLCALL_TOKEN: token };
    await Promise.all([
      run(withToken, 'runs', 'refusing'),
      run(withToken, 'sync', 'missing', '--wait'),
      run({ ...withToken, ROLLCALL_TOKEN: MADE_UP_TOKEN }, 'sources'),
      run({}, 'config', 'validate', '--config', join(folder, 'rollcall.yaml')),
    ]);
    expect(answers['rollcall runs refusing']).toContain('failed');
  }, 30_000);
});

describe('no secret appears', () => {
  test('in an answer, or in the output of a command', async () => {
    await askEverything();
    expect(secrets.find(answers)).toEqual([]);
  });

  test('in the history, the details, or the memo of a workflow', async () => {
    const histories = await temporalTexts();
    expect(Object.keys(histories)).toEqual(expect.arrayContaining(['source/created', 'sync/refusing/1']));
    expect(secrets.find(histories)).toEqual([]);
  });

  test('in the database, including the audit and the records of syncs', async () => {
    const tables = await tableTexts();
    expect(tables['audit_event']).toContain('entry.publish');
    expect(tables['source']).toContain('created-token');
    expect(tables['sync_run']).toMatch(/403|Refused|Unauthorized/i);
    expect(secrets.find(tables)).toEqual([]);
  });

  test('in the arguments of a process', () => {
    expect(secrets.find({ ps: processes.text })).toEqual([]);
  });

  test('in a log at any level, or in the lines of the audit', async () => {
    rollcall.stop();
    const { stdout, stderr } = await rollcall.ended;
    expect(stdout).toContain('"level":"debug"');
    const audit = await readFile(join(folder, 'audit.log'), 'utf8');
    expect(audit).toContain('auth.unauthenticated');
    expect(secrets.find({ stdout, stderr, audit })).toEqual([]);
  }, 30_000);
});

async function configuration(): Promise<object> {
  const secretFile = async (name: string, secret: string): Promise<string> => {
    const path = join(folder, 'secrets', name);
    await mkdir(join(folder, 'secrets'), { recursive: true });
    await writeFile(path, `${secret}\n`);
    return path;
  };
  await secretFile('created-token', CREATED_BEARER_TOKEN);
  const headers = {
    'X-From-File': { file: await secretFile('header', HEADER_IN_FILE) },
    'X-From-Variable': { env: 'PLANTED_HEADER' },
  };
  const bearerTokenFile = await secretFile('bearer', BEARER_TOKEN);
  const sshKeyFile = await secretFile('ssh-key', SSH_KEY);
  const auth = { username: 'robot', passwordFile: await secretFile('git', GIT_PASSWORD) };
  const syncPolicy = { interval: '1h' };
  const { settings, ownerSettings } = database;
  return {
    sources: [
      { name: 'published', managed: {} },
      { name: 'catalog', git: { repository: git.url('catalog.git'), auth }, syncPolicy },
      { name: 'missing', git: { repository: git.url('missing.git'), auth }, syncPolicy },
      { name: 'registry', api: { endpoint: upstream.url, headers, bearerTokenFile }, syncPolicy },
      { name: 'refusing', api: { endpoint: `${upstream.url}/refusing`, headers, bearerTokenFile }, syncPolicy },
      { name: 'signed', file: { url: `${upstream.url}/redirecting?signature=${QUERY}` }, syncPolicy },
      { name: 'queried', api: { endpoint: `${upstream.url}?key=${QUERY}` }, syncPolicy },
      { name: 'keyed', git: { repository: `ssh://git@${LOOPBACK}:1/a.git`, auth: { sshKeyFile } }, syncPolicy },
    ],
    auth: {
      mode: 'oauth',
      oauth: {
        providers: [
          provider.settingsInFile({
            introspectionUrl: provider.introspectionUrl,
            clientId: 'rollcall',
            clientSecretFile: await secretFile('test-client', 'a client secret of a test'),
          }),
          {
            name: 'refusing',
            issuerUrl: upstream.url,
            audience: 'rollcall',
            jwksUrl: `${upstream.url}/refusing/keys`,
            introspectionUrl: `${upstream.url}/refusing/introspection`,
            clientId: 'rollcall',
            clientSecretFile: await secretFile('client', CLIENT_SECRET),
            authTokenFile: await secretFile('provider', PROVIDER_TOKEN),
            allowPrivateIP: true,
          },
        ],
      },
      authz: { roles: { superAdmin: [{ role: 'admin' }] } },
    },
    audit: { logFile: 'audit.log' },
    outbound: { allow: [LOOPBACK], secretsFolder: 'secrets' },
    database: {
      host: settings.host,
      port: settings.port,
      database: settings.database,
      user: settings.user,
      passwordFile: await secretFile('database', settings.password ?? ''),
      migrationUser: ownerSettings.user,
      migrationPasswordFile: await secretFile('owner', ownerSettings.password ?? ''),
      sslMode: 'disable',
    },
    temporal: namespace,
    server: { address: url.replace('http://', ''), internalAddress: `${LOOPBACK}:0` },
  };
}

async function startGit(): Promise<GitHttpServer> {
  const root = join(folder, 'git');
  await mkdir(root);
  const repository = await GitRepository.create(root, 'catalog.git');
  await repository.commit({ 'registry.json': JSON.stringify([{ ...SERVER, name: 'com.example/from-git' }]) });
  return await startGitHttp({ root, credentials: { username: 'robot', password: GIT_PASSWORD } });
}

/** A registry that refuses requests and repeats their content. */
class Echo {
  received = '';
  readonly #server: Server = createServer((incoming, response) => void this.#answer(incoming, response));

  static async start(): Promise<Echo> {
    const echo = new Echo();
    await new Promise<void>((resolve) => echo.#server.listen(0, LOOPBACK, resolve));
    return echo;
  }

  get url(): string {
    return `http://${LOOPBACK}:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await incoming.toArray()).join('');
    const told = JSON.stringify({ url: incoming.url, headers: incoming.headers, body });
    this.received += told;
    if (incoming.url?.startsWith('/v0.1/servers') === true) {
      response.end(
        JSON.stringify({ servers: [{ server: { ...SERVER, name: 'com.example/from-api' } }], metadata: {} }),
      );
    } else if (incoming.url?.startsWith('/redirecting') === true) {
      response.writeHead(302, { location: `/refusing?X-Signature=${SIGNATURE}` }).end();
    } else {
      response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ error: told }));
    }
  }
}

/** Accepts calls like Temporal, and refuses them all. */
class RefusingTemporal {
  received = '';
  readonly authority: string;
  readonly #server: Http2SecureServer;

  private constructor({ authority, certificate, privateKey }: LoopbackCertificate) {
    this.authority = authority;
    this.#server = createSecureServer({ cert: certificate, key: privateKey }).on('stream', (stream, headers) => {
      this.received += JSON.stringify(headers);
      const refusal = { 'grpc-status': '16', 'grpc-message': 'this key is not known' };
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...refusal }, { endStream: true });
    });
  }

  static async start(): Promise<RefusingTemporal> {
    const temporal = new RefusingTemporal(await createLoopbackCertificate());
    await new Promise<void>((resolve) => temporal.#server.listen(0, LOOPBACK, resolve));
    return temporal;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function query(statement: string): Promise<Record<string, unknown>[]> {
  const { host, port, user, password, database: name } = database.ownerSettings;
  const client = new pg.Client({ host, port, user, password, database: name });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement);
    return rows;
  } finally {
    await client.end();
  }
}

/** Sends a request, and keeps the whole answer. */
async function send(name: string, path: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url + path, init);
  answers[name] = `${JSON.stringify([...response.headers])}\n${await response.text()}`;
  return response.status;
}

function statusOf(path: string, authorization?: string): Promise<number> {
  // By path alone: the query must not be printed either.
  const name = `${path.replace(/access_token=.*/, 'access_token')} as ${authorization === undefined ? 'nobody' : 'somebody'}`;
  return send(name, path, authorization === undefined ? {} : { headers: { authorization } });
}

async function publish(bearer: string, server: object = SERVER): Promise<number> {
  return await send(`publish ${Object.keys(answers).length}`, '/v0.1/publish', {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(server),
  });
}

async function change(
  procedure: string,
  input: { readonly name: string } & Readonly<Record<string, unknown>>,
): Promise<void> {
  await send(`${procedure} ${input.name}`, `/trpc/${procedure}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
}

async function run(environment: NodeJS.ProcessEnv, ...command: string[]): Promise<void> {
  const { stdout, stderr } = await startRollcall({ THV_REGISTRY_LOG_LEVEL: 'debug', ...environment }, ...command).ended;
  answers[`rollcall ${command.join(' ')}`.replace(folder, '')] = stdout + stderr;
}

const DOCUMENTS = ['/health', '/readiness', '/version', '/openapi.json', '/.well-known/oauth-protected-resource'];
const READS = [
  '/v0.1/servers?limit=100',
  '/extension/v0/registries',
  '/registry/default/servers.json',
  '/api/v0/deployed',
  '/v1/sources',
  '/v1/registries',
  '/v1/entries/server/com.example%2Ftool/claims',
];

async function askEverything(): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  for (const path of [...DOCUMENTS, ...READS]) await send(path, path, { headers });
  for (const procedure of ['sources.list', 'registries.list', 'me', 'system.info']) await tell(procedure);
  await tell('audit.list', {});
  await tell('registries.get', { name: 'default' });
  for (const name of [
    'published',
    'catalog',
    'missing',
    'refusing',
    'registry',
    'signed',
    'queried',
    'keyed',
    'created',
  ]) {
    await tell('sources.get', { name });
    await tell('sources.runs', { name });
    await tell('sources.run', { name, number: 1 });
    await tell('entries.ofSource', { name });
  }
}

async function tell(procedure: string, input?: object): Promise<void> {
  const asked = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  const headers = { authorization: `Bearer ${token}` };
  await send(`${procedure} ${JSON.stringify(input)}`, `/trpc/${procedure}${asked}`, { headers });
}

async function temporalTexts(): Promise<Record<string, string>> {
  const connection = await Connection.connect({ address: namespace.address });
  const client = new Client({ connection, namespace: namespace.namespace });
  const texts: Record<string, string> = {};
  for await (const { workflowId, runId, raw } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const history = wire.api.history.v1.History.encode(await handle.fetchHistory()).finish();
    // The Web UI asks the worker about a running one.
    const details: unknown = await handle.query('__temporal_workflow_metadata').catch(() => null);
    texts[workflowId] = `${Buffer.from(history).toString('latin1')}${JSON.stringify([details, raw.memo])}`;
  }
  await connection.close();
  return texts;
}

async function tableTexts(): Promise<Record<string, string>> {
  const tables = await query(
    `select table_name as "table" from information_schema.tables where table_schema = 'public'`,
  );
  const texts: Record<string, string> = {};
  for (const { table } of tables) {
    const rows = await query(`select entry::text as text from ${String(table)} as entry`);
    texts[String(table)] = rows.map(({ text }) => withoutHex(String(text))).join('\n');
  }
  return texts;
}

/** Bytes appear as hexadecimal digits, after one backslash or several in a row. */
function withoutHex(row: string): string {
  return row.replaceAll(/\\+x([0-9a-f]+)/g, (_, digits: string) => Buffer.from(digits, 'hex').toString('latin1'));
}
