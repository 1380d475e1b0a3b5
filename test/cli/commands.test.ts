import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeDataFolder } from '../../embedded/data-folder.ts';
import { createEmptyTestDatabase, type TestDatabase } from '../environment.ts';
import { runRollcall } from './rollcall-process.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/embedded', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-commands-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('exit status and messages', () => {
  test.each([
    ['an unknown command', ['serv'], /Did you mean serve/],
    ['a missing argument', ['sync'], /missing required argument 'source'/],
    ['an unknown option', ['--versio'], /did you mean --version/i],
    ['a missing option', ['config', 'validate'], /--config/],
    ['a bad number', ['runs', 'x', '--limit', 'many'], /whole number/],
    ['a server that isn’t a URL', ['sources', '--server', 'nowhere'], /is not a URL/],
  ])('%s is a usage error: 2', async (_what, parameters, message) => {
    const { status, stderr } = await runRollcall(...parameters);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test('1 if the server is unreachable, with the next step and without a stack', async () => {
    const { status, stderr } = await runRollcall('sources', '--server', 'http://127.0.0.1:1');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Can't reach a Rollcall server at http:\/\/127.0.0.1:1 .*rollcall serve.*\n$/);
  });
});

test('a file of authorities without a certificate is refused', async () => {
  const key = await file('key.pem', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n');
  expect(await runRollcall('sources', '--ca-file', key)).toMatchObject({
    status: 1,
    stderr: `Can't use the certificate authorities in ${key}: it contains no certificate in PEM format\n`,
  });
});

test('an answer that is not from Rollcall is distinguished from no answer', async () => {
  const website = createServer((_request, response) => response.end('<!DOCTYPE html>')).listen(0, '127.0.0.1');
  await once(website, 'listening');
  const { port } = website.address() as AddressInfo;
  const { status, stderr } = await runRollcall('sources', '--server', `http://127.0.0.1:${port}`);
  website.close();
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('(the answer is not from Rollcall)'),
  });
});

test('the anonymous mode of an older server, which sends no kind of caller, is recognized', async () => {
  const data = { subject: null, issuer: null, displayName: null, roles: [], mayWrite: true };
  const older = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result: { data } }));
  }).listen(0, '127.0.0.1');
  await once(older, 'listening');
  const { port } = older.address() as AddressInfo;
  const { stdout } = await runRollcall('me', '--server', `http://127.0.0.1:${port}`);
  older.close();
  expect(stdout).toMatch(/^The server runs in anonymous mode/);
});

test('the error of another server is named as such', async () => {
  const other = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error": "nope"}');
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { status, stderr } = await runRollcall('status', '--server', `http://127.0.0.1:${port}`);
  other.close();
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `http://127.0.0.1:${port} answered 404: nope. Is it a Rollcall server?\n`,
  });
});

test.each([['--version'], ['version']])('%s prints the version', async (word) => {
  expect(await runRollcall(word)).toMatchObject({ status: 0, stdout: expect.stringMatching(/\d+\.\d+\.\d+/) });
});

describe('validate', () => {
  test('accepts a valid document', async () => {
    const { status, stdout } = await runRollcall('validate', join(EXAMPLE, 'server.json'));
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('is valid') });
  });

  test('lists every fault with its location', async () => {
    const path = await file('bad.json', '{"name": "no-slash", "version": "latest", "description": ""}');
    const { status, stdout, stderr } = await runRollcall('validate', path, '--json');
    const { valid, faults } = JSON.parse(stdout) as { valid: boolean; faults: { path: string }[] };
    expect({ status, valid, stderr }).toEqual({ status: 1, valid: false, stderr: '' });
    expect(faults.map((fault) => fault.path).sort()).toEqual(['description', 'name', 'version']);
  });

  test('says that a folder isn’t a file', async () => {
    expect(await runRollcall('validate', '/')).toMatchObject({ status: 1, stderr: "Can't read /: it is a folder\n" });
  });

  test('says that something isn’t JSON', async () => {
    const { status, stderr } = await runRollcall('validate', await file('broken.json', '{'));
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('is not JSON') });
  });
});

describe('config', () => {
  test('reports every fault with its line and column', async () => {
    const path = await file('bad.yaml', 'sources:\n  - name: a\n    managed: {}\n    colour: red\n');
    const { status, stderr } = await runRollcall('config', 'validate', '--config', path);
    expect(status).toBe(1);
    expect(stderr).toMatch(/bad\.yaml:4:5: .*colour/);
    expect(stderr).toMatch(/auth/);
  });
});

describe('serve', () => {
  const SOURCES = 'sources: [{ name: a, managed: {} }]\n';

  test.each([
    [
      'no access settings',
      '',
      /serve-auth\.yaml:1:1: auth: is missing: write `auth: \{mode: oauth, oauth: \{providers: /,
    ],
    [
      'oauth without providers',
      'auth: { mode: oauth }\n',
      /serve-auth\.yaml:2:1: auth\.oauth: is missing: write `oauth: \{/,
    ],
  ])('doesn’t start with %s, and says what to write', async (_what, auth, message) => {
    const { status, stderr } = await runRollcall('serve', '--config', await file('serve-auth.yaml', SOURCES + auth));
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });

  test.each(['foo', '1.2.3.4:99999'])('refuses the address %s before it creates its data folder', async (address) => {
    const dataFolder = join(folder, 'no-data');
    const anonymous = await file('serve-address.yaml', `${SOURCES}auth: { mode: anonymous }\n`);
    const place = ['--config', anonymous, '--data-dir', dataFolder];
    for (const option of ['--address', '--internal-address', '--worker-internal-address']) {
      const { status, stderr } = await runRollcall('serve', ...place, option, address);
      expect(stderr).toContain(`'${address}' is invalid. Expected \`host:port\` or \`:port\``);
      expect(status).toBe(2);
    }
    expect(existsSync(dataFolder)).toBe(false);
  });

  test('--auth-mode takes precedence over the file', async () => {
    const anonymous = await file('serve-mode.yaml', `${SOURCES}auth: { mode: anonymous }\n`);
    const { status, stderr } = await runRollcall('serve', '--auth-mode', 'oauth', '--config', anonymous);
    expect(stderr).toMatch(/serve-mode\.yaml:2:1: auth\.oauth: is missing/);
    expect(status).toBe(1);
    expect(await runRollcall('serve', '--auth-mode', 'open', '--config', anonymous)).toMatchObject({ status: 2 });
  });
});

describe('temporal', () => {
  test('asks for a server if none runs on the data folder, even if a killed one left its note', async () => {
    const dataFolder = join(folder, 'killed');
    const message = `No \`rollcall serve\` with an embedded Temporal is running on ${dataFolder}: pass --data-dir, or set TEMPORAL_ADDRESS\n`;
    const list = (): ReturnType<typeof runRollcall> =>
      runRollcall('temporal', '--data-dir', dataFolder, 'workflow', 'list');
    expect(await list()).toMatchObject({ status: 1, stderr: message });
    const killed = await takeDataFolder(dataFolder, { pid: 1, temporal: { address: '127.0.0.1:1', namespace: 'x' } });
    const note = await readFile(join(dataFolder, 'running.json'));
    await killed.release();
    await writeFile(join(dataFolder, 'running.json'), note);
    expect(await list()).toMatchObject({ status: 1, stderr: message });
  });

  test.each([['--version'], ['workflow', 'list', '--help'], ['completion', 'bash']])(
    'needs no server for %s %s %s',
    async (...words) => {
      const dataFolder = join(folder, 'no-server');
      expect(await runRollcall('temporal', '--data-dir', dataFolder, ...words)).toMatchObject({ status: 0 });
    },
  );
});

describe('migrate', () => {
  let empty: TestDatabase;
  let configuration: string;

  beforeAll(async () => {
    empty = await createEmptyTestDatabase();
    const { host, port, database, user, password } = empty.ownerSettings;
    configuration = await file(
      'migrate.yaml',
      `sources: [{name: a, managed: {}}]\nauth: {mode: anonymous}\ndatabase: ${JSON.stringify({ host, port, database, user, password, sslMode: 'disable' })}\n`,
    );
  });

  afterAll(() => empty.drop());

  const migrate = (...parameters: string[]): ReturnType<typeof runRollcall> =>
    runRollcall('migrate', ...parameters, '--config', configuration);

  test('changes nothing without a confirmation, if there is no terminal', async () => {
    expect(await migrate('up')).toMatchObject({ status: 2, stderr: expect.stringContaining('--yes') });
    expect((await migrate('status')).stdout).toMatch(/0001 initial\s+no/);
  });

  test('migrates up and down', async () => {
    expect(await migrate('up', '--yes')).toMatchObject({ status: 0 });
    expect((await migrate('status')).stdout).toMatch(/0001 initial\s+\d{4}-/);
    expect((await migrate('up')).stdout).toBe('The database schema is up to date\n');
    expect(await migrate('down', '--num-steps', '1000', '--yes')).toMatchObject({ status: 0 });
    expect((await migrate('status')).stdout).toMatch(/0001 initial\s+no/);
  });

  test('doesn’t create a database to show its status, or to revert migrations', async () => {
    const embedded = await file(
      'migrate-embedded.yaml',
      'sources: [{name: a, managed: {}}]\nauth: {mode: anonymous}\n',
    );
    const dataFolder = join(folder, 'data-without-database');
    for (const work of [['status'], ['down', '--num-steps', '1', '--yes']]) {
      expect(await runRollcall('migrate', ...work, '--config', embedded, '--data-dir', dataFolder)).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringContaining(`No database in ${dataFolder} yet`),
      });
    }
    expect(existsSync(dataFolder)).toBe(false);
  });
});
