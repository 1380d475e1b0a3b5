/** Logging in by device code at a real identity provider, and how other commands use the login. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEVICE_CLIENT_ID } from '../identity-provider.ts';
import { createPerson, type Person, type ProtectedServer, startProtectedServer } from './protected-server.ts';
import { type CommandResult, startRollcall } from './rollcall-process.ts';

const LOGIN = ['--client-id', DEVICE_CLIENT_ID];
const ADA = { sub: 'ada', name: 'Ada Lovelace', role: 'admin' };
const LONG_AGO = '2026-01-01T00:00:00.000Z';

let server: ProtectedServer;
/** Has logged in, and stays logged in. */
let ada: Person;
let login: CommandResult;

beforeAll(async () => {
  server = await startProtectedServer();
  ada = await createPerson(server);
  login = await logIn(ada);
});

afterAll(() => server?.stop());

async function logIn(person: Person, ...parameters: readonly string[]): Promise<CommandResult> {
  const { code, ended } = await person.beginLogin(...LOGIN, ...parameters);
  await server.provider.approveDevice(code, ADA);
  return ended;
}

async function loggedIn(): Promise<Person> {
  const person = await createPerson(server);
  expect(await logIn(person)).toMatchObject({ status: 0 });
  return person;
}

describe('logging in', () => {
  test('shows a link and a code, waits for the confirmation, and shows the user', () => {
    const { status, stdout, stderr } = login;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/\/device\?user_code=([A-Z]{4}-[A-Z]{4})\nand check that it shows this code:\n {2}\1\n/);
    expect(stdout).toContain('expires in 5 min');
    expect(stdout).toContain(`Logged in to ${server.url} as Ada Lovelace\n`);
  });

  test('stores a token that other commands send', async () => {
    expect(await ada.ask('sources')).toMatchObject({ status: 0, stdout: expect.stringContaining('SOURCE') });
    const { stdout } = await ada.ask('me');
    expect(stdout).toMatch(
      /^Ada Lovelace\n +subject +ada\n +issuer +https:.*\n +roles +manageSources, manageRegistries\n/,
    );
  });

  test('stores it unreadable for other users of the machine', async () => {
    expect(await ada.storedModes()).toEqual({ file: 0o600, folder: 0o700 });
  });

  test('is for this server alone: the provider issues the token for it', async () => {
    const { accessToken = '', resource } = await ada.storedLogin();
    expect(resource).toBe(server.url);
    expect(claimsOf(accessToken)).toMatchObject({ aud: server.url, scope: 'mcp-registry:read mcp-registry:write' });
  });

  test('requests fewer scopes on demand', async () => {
    const person = await createPerson(server);
    expect(await logIn(person, '--scope', 'mcp-registry:read')).toMatchObject({ status: 0 });
    expect((await person.ask('me')).stdout).toMatch(/can make changes +no/);
    expect((await person.storedLogin())['refreshToken']).toBeUndefined();
  });

  test.each([
    ['denied', 'denyDevice', /The login was denied/],
    ['too late', 'expireDevice', /not confirmed in time: run `rollcall login` again/],
  ] as const)('%s: says so, and stores nothing', async (_what, answer, message) => {
    const person = await createPerson(server);
    const { code, ended } = await person.beginLogin(...LOGIN);
    await server.provider[answer](code);
    expect(await ended).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
    expect((await person.ask('sources')).stderr).toContain('requires authentication');
  });

  test('stores no token that the server refuses', async () => {
    const person = await createPerson(server);
    const { status, stderr } = await logIn(person, '--no-resource'); // The provider's default is another audience.
    expect(status).toBe(1);
    expect(stderr).toContain(`The token from ${server.provider.issuer} was rejected by ${server.url}`);
    expect((await person.ask('sources')).stderr).toContain('requires authentication');
  });

  test.each([
    {
      what: 'without a client',
      parameters: [],
      status: 2,
      message: /--client-id.*\n.*register one at https:.*device_code/s,
    },
    {
      what: 'with a client that the provider does not know',
      parameters: ['--client-id', 'x'],
      status: 1,
      message: /doesn't allow the client "x" to log in by device code: check --client-id/,
    },
    {
      what: 'with a scope that there is not',
      parameters: [...LOGIN, '--scope', 'all"'],
      status: 1,
      message: /--scope/,
    },
    {
      what: 'at a provider that the server does not trust',
      parameters: [...LOGIN, '--issuer', 'https://evil.example'],
      status: 2,
      message: /doesn't accept tokens from https:\/\/evil\.example, only from:\n {2}https:\/\/127/,
    },
  ])('$what: says what to do', async ({ parameters, status, message }) => {
    const person = await createPerson(server);
    const answer = await person.ask('login', '--ca-file', server.provider.caFile, ...parameters);
    expect(answer).toMatchObject({ status, stderr: expect.stringMatching(message) });
  });

  test('sends no token to a server that claims to be another one', async () => {
    const document = await (await fetch(`${server.url}/.well-known/oauth-protected-resource`)).text();
    const liar = createServer((_request, response) => response.end(document)).listen(0, '127.0.0.1');
    await once(liar, 'listening');
    const url = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
    const person = await createPerson(server);
    const { status, stderr } = await person.ask('login', ...LOGIN, '--server', url);
    liar.close();
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining(`identifies itself as ${server.url}`),
    });
  });

  test('says if another token takes precedence over the login', async () => {
    const person = await createPerson(server, { ROLLCALL_TOKEN: 'another' });
    expect(await logIn(person)).toMatchObject({ status: 0, stderr: expect.stringContaining('Note: ROLLCALL_TOKEN') });
  });

  test('names the certificate as the reason if its authority is unknown', async () => {
    const person = await createPerson(server);
    const { status, stderr } = await person.ask('login', ...LOGIN);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Request to https:.* failed: .*certificate.* --ca-file\n$/);
  });
});

test.each(['{"servers": {', '{}', 'null'])('says that the file of the logins is damaged: %s', async (content) => {
  const home = await mkdtemp(join(tmpdir(), 'rollcall-login-'));
  await mkdir(join(home, 'rollcall'));
  await writeFile(join(home, 'rollcall', 'credentials.json'), content);
  const environment = { XDG_CONFIG_HOME: home, ROLLCALL_SERVER: server.url };
  const { status, stderr } = await startRollcall(environment, 'me').ended;
  await rm(home, { recursive: true });
  expect(status).toBe(1);
  expect(stderr).toContain('credentials.json is damaged: delete it and log in again');
});

describe('a token that has expired', () => {
  test('is renewed once by all concurrent commands: using a refresh token twice ends the login', async () => {
    const before = await ada.storedLogin();
    const refreshesBefore = refreshes();
    await ada.changeStoredLogin({ expiresAt: LONG_AGO });
    const answers = await Promise.all(Array.from({ length: 4 }, () => ada.ask('sources')));
    for (const answer of answers) expect(answer).toMatchObject({ status: 0, stderr: '' });
    expect(refreshes() - refreshesBefore).toBe(1);
    const after = await ada.storedLogin();
    expect(Date.parse(after['expiresAt'] ?? '')).toBeGreaterThan(Date.now());
    expect(after['accessToken']).not.toBe(before['accessToken']);
    expect(await ada.storedModes()).toEqual({ file: 0o600, folder: 0o700 });
  });

  test('that can’t be renewed asks to log in again', async () => {
    const person = await loggedIn();
    await person.changeStoredLogin({ expiresAt: LONG_AGO, refreshToken: 'not-a-refresh-token' });
    const { status, stderr } = await person.ask('sources');
    expect(status).toBe(1);
    expect(stderr).toContain(`has expired: run \`rollcall login --server ${server.url}\``);
  });
});

describe('logging out', () => {
  test('deletes the login, and ends it at the provider', async () => {
    const person = await loggedIn();
    const { refreshToken = '' } = await person.storedLogin();
    expect(await person.ask('logout')).toMatchObject({
      status: 0,
      stdout: `Logged out of ${server.url}\n`,
      stderr: '',
    });
    expect(await person.storedLogin()).toEqual({});
    expect((await person.ask('sources')).stderr).toContain('requires authentication');

    await person.changeStoredLogin({
      issuer: server.provider.issuer,
      clientId: DEVICE_CLIENT_ID,
      caFile: server.provider.caFile,
      accessToken: 'expired',
      expiresAt: LONG_AGO,
      refreshToken,
    });
    expect((await person.ask('sources')).stderr).toContain('has expired');
  });

  test('twice is not a failure', async () => {
    const person = await createPerson(server);
    expect(await person.ask('logout')).toMatchObject({ status: 0, stdout: expect.stringContaining('Not logged in') });
  });
});

describe('a token from outside the login', () => {
  const token = (): Promise<string> => server.provider.token(ADA, { audience: server.url });

  test('comes from ROLLCALL_TOKEN, or from a file, which takes precedence', async () => {
    const person = await createPerson(server);
    expect(await person.askWith({ ROLLCALL_TOKEN: await token() }, 'sources')).toMatchObject({ status: 0 });
    const file = join(server.folder, 'token');
    await writeFile(file, `${await token()}\n`);
    expect(await person.ask('sources', '--token-file', file)).toMatchObject({ status: 0 });
    const both = { ROLLCALL_TOKEN: 'wrong', ROLLCALL_TOKEN_FILE: file };
    expect(await person.askWith(both, 'sources')).toMatchObject({ status: 0 });
  });

  test('that is refused is named by its origin', async () => {
    const person = await createPerson(server);
    const { status, stderr } = await person.askWith({ ROLLCALL_TOKEN: 'wrong' }, 'sources');
    expect(status).toBe(1);
    expect(stderr).toContain(`ROLLCALL_TOKEN was rejected by ${server.url}: `);
    expect(stderr).toContain(`rollcall login --server ${server.url}`);
  });

  test('without a permission gets an answer that names it', async () => {
    const person = await createPerson(server);
    const reader = await server.provider.token({ sub: 'eve' }, { audience: server.url });
    const role = await person.askWith({ ROLLCALL_TOKEN: reader }, 'sources');
    expect(role).toMatchObject({ status: 1, stderr: expect.stringContaining('manageSources') });
    expect((await person.askWith({ ROLLCALL_TOKEN: reader }, 'me')).stdout).toMatch(/can make changes +no.*role/);
    const readOnly = await server.provider.token({ ...ADA, scope: 'mcp-registry:read' }, { audience: server.url });
    const scope = await person.askWith({ ROLLCALL_TOKEN: readOnly }, 'pause', 'unused');
    expect(scope).toMatchObject({ status: 1, stderr: expect.stringContaining('mcp-registry:write') });
  });

  test('without a text as `sub` shows its roles and scopes, not anonymous mode', async () => {
    const person = await createPerson(server);
    const numeric = await server.provider.token({ sub: 4711, role: 'admin' }, { audience: server.url });
    const { stdout } = await person.askWith({ ROLLCALL_TOKEN: numeric }, 'me');
    expect(stdout).toMatch(/^A token without a subject\n +subject +-\n.*\n +roles +manageSources, manageRegistries\n/);
  });

  test('is also sent by publish', async () => {
    const person = await createPerson(server);
    const file = join(server.folder, 'server.json');
    await writeFile(file, '{"name": "com.example/a", "version": "1.0.0", "description": "A server of a test"}');
    const anonymous = await person.ask('publish', file);
    expect(anonymous).toMatchObject({ status: 1, stderr: expect.stringContaining('requires authentication') });
    const without = await person.askWith({ ROLLCALL_TOKEN: await token() }, 'publish', file);
    expect(without).toMatchObject({ status: 1, stderr: expect.stringContaining('manageEntries') });
  });

  test.each([
    ['http://registry.example', /Refusing to send a token to http:\/\/registry\.example.*https:\/\//],
    ['http://127.0.0.1.evil.example', /Refusing to send a token/],
    ['http://user:secret@127.0.0.1', /remove the user name and password/],
  ])('is never sent to %s', async (url, message) => {
    const person = await createPerson(server);
    const { status, stderr } = await person.askWith({ ROLLCALL_TOKEN: await token() }, 'sources', '--server', url);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(message) });
  });

  test.each([
    ['an empty file', '', /doesn't contain a bearer token/],
    ['more than a token', 'Bearer secret-part', /doesn't contain a bearer token/],
  ])('%s is refused before anything is sent', async (_what, text, message) => {
    const person = await createPerson(server);
    const file = join(server.folder, 'bad-token');
    await writeFile(file, text);
    const { status, stderr } = await person.ask('sources', '--token-file', file);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(message) });
    expect(stderr).not.toContain('secret-part');
  });
});

test('no token is ever shown', async () => {
  const person = await createPerson(server);
  const debug = { THV_REGISTRY_LOG_LEVEL: 'debug' };
  const answers = [await logIn(person), await person.ask('me', '--json'), await person.ask('sources', '--json')];
  const { accessToken = '', refreshToken = '' } = await person.storedLogin();
  await person.changeStoredLogin({ accessToken: `${accessToken}x` });
  answers.push(await person.askWith(debug, 'sources'));
  await person.changeStoredLogin({ expiresAt: LONG_AGO, refreshToken: `${refreshToken}x` });
  answers.push(await person.askWith(debug, 'sources'), await person.askWith(debug, 'logout'));
  expect(answers.map(({ status }) => status)).toEqual([0, 0, 0, 1, 1, 0]);
  const shown = answers.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  expect(shown).not.toContain(accessToken);
  expect(shown).not.toContain(refreshToken);
});

function claimsOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

function refreshes(): number {
  return server.provider.requests.filter((request) => request === 'POST /token').length;
}
