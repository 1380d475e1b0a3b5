/** Git sources that were created through the API: only 127.0.0.1 and `git.example` are allowed. */
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Resolver } from '../../outbound/checked-lookup.ts';
import { OutboundGuard } from '../../outbound/guard.ts';
import type { GitOrigin } from '../../sources/git/definition.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { startUntouchedServer, type UntouchedServer } from '../upstreams/untouched-server.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';

let testDatabase: TestDatabase;
let root: string;
let secrets: string;
let repository: GitRepository;
let server: GitHttpServer;
let untouched: UntouchedServer;
let cleanUp: (() => unknown)[];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'guarded-git-'));
  secrets = join(root, 'secrets');
  await mkdir(secrets);
  repository = await GitRepository.create(root, 'servers.git');
  await repository.commit({ 'registry.json': envelope([serverJson('com.example/one')]) });
  server = await startGitHttp({ root });
  untouched = await startUntouchedServer();
  cleanUp = [() => server.close(), () => untouched.close(), () => rm(root, { recursive: true })];
  return async () => {
    for (const step of cleanUp) await step();
  };
});

interface Limits {
  readonly allow?: readonly string[];
  /** The addresses that every name resolves to: the first lookup returns the first one, all later ones the last. */
  readonly leadsTo?: readonly string[];
}

async function created(changes: Partial<GitOrigin>, limits: Limits = {}): Promise<SourceUnderTest> {
  const { allow = ['127.0.0.1', 'git.example'], leadsTo = [] } = limits;
  const addresses = [...leadsTo];
  const resolve: Resolver = async () => {
    const address = addresses.length > 1 ? addresses.shift()! : addresses[0]!;
    return [{ address, family: address.includes(':') ? 6 : 4 }];
  };
  const origin: GitOrigin = { kind: 'git', repository: server.url('servers.git'), path: 'registry.json', ...changes };
  const guard = new OutboundGuard({ allow, secretsFolder: secrets }, resolve);
  return await SourceUnderTest.ofApi(testDatabase.database, origin, guard);
}

function setVariable(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  cleanUp.unshift(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

const portOf = (url: string): string => new URL(url).port;

test('an allowed address is read', async () => {
  const source = await created({});
  expect(await source.sync()).toMatchObject({ outcome: 'changed', counts: { entries: 1 } });
  expect(await source.check()).toBe('nothing');
});

describe('a name', () => {
  test('is looked up once: git connects to the address that was checked', async () => {
    // No other resolver knows this name, and the second answer is a server that must not be reached.
    const source = await created(
      { repository: `http://git.example:${portOf(server.url(''))}/servers.git` },
      { leadsTo: ['127.0.0.1', '127.0.0.2'] },
    );
    expect(await source.sync()).toMatchObject({ outcome: 'changed', counts: { entries: 1 } });
    expect(server.requests.length).toBeGreaterThan(2);
    expect(untouched.connections()).toBe(0);
  });

  test.each(['127.0.0.2', '::1', '169.254.169.254'])('that resolves to %s is not connected to', async (address) => {
    const source = await created(
      { repository: `https://elsewhere.example:${untouched.port}/servers.git` },
      { leadsTo: [address] },
    );
    expect(await source.failedSync()).toMatchObject({
      type: 'OutboundForbidden',
      message: expect.stringContaining('elsewhere.example resolves to an address that is not public') as string,
    });
    expect(untouched.connections()).toBe(0);
  });
});

describe('no redirect is followed', () => {
  test('no redirect', async () => {
    const redirecting = createServer((request, response) => {
      response.writeHead(301, { location: `http://127.0.0.2:${untouched.port}${request.url}` }).end();
    });
    await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve));
    cleanUp.unshift(() => redirecting.close());
    const { port } = redirecting.address() as AddressInfo;
    const source = await created({ repository: `http://127.0.0.1:${port}/servers.git` });
    expect(await source.failedSync()).toMatchObject({
      type: 'UpstreamInvalid',
      message: expect.stringContaining('it redirects: name the URL that it redirects to') as string,
    });
    expect(untouched.connections()).toBe(0);
  });

  test('alternates of a repository in plain files are not followed', async () => {
    // All objects are claimed to be elsewhere.
    await rename(join(repository.path, 'objects'), join(root, 'objects-elsewhere'));
    await mkdir(join(repository.path, 'objects', 'info'), { recursive: true });
    const alternate = `http://127.0.0.2:${untouched.port}/servers.git/objects\n`;
    await writeFile(join(repository.path, 'objects', 'info', 'http-alternates'), alternate);
    await server.close();
    server = await startGitHttp({ root, dumb: true });
    const source = await created({});
    expect(await source.failedSync()).toMatchObject({ type: 'UpstreamUnavailable' });
    expect(server.requests.some((request) => request.includes('objects/'))).toBe(true);
    expect(untouched.connections()).toBe(0);
  });

  test('no submodule', async () => {
    const elsewhere = `http://127.0.0.2:${untouched.port}/sub.git`;
    await repository.commit({ '.gitmodules': `[submodule "sub"]\n\tpath = sub\n\turl = ${elsewhere}\n` });
    await repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`);
    await repository.git('commit', '--quiet', '--message', 'Add a submodule');
    await repository.push('HEAD:refs/heads/main');
    const source = await created({ path: '**/*.json' });
    expect(await source.sync()).toMatchObject({ outcome: 'changed' });
    expect(untouched.connections()).toBe(0);
  });

  test('no proxy', async () => {
    setVariable('http_proxy', `http://127.0.0.2:${untouched.port}`);
    expect(await (await created({})).sync()).toMatchObject({ outcome: 'changed' });
    expect(untouched.connections()).toBe(0);
  });
});

test('the configuration of this machine, with its rewritten URLs, filters, and passwords, is not used', async () => {
  await repository.commit({ '.gitattributes': '*.json filter=lfs\n' });
  const home = join(root, 'home');
  await mkdir(home);
  const ran = join(root, 'ran');
  const elsewhere = `http://127.0.0.2:${untouched.port}/`;
  await writeFile(
    join(home, '.gitconfig'),
    [
      `[url "${elsewhere}"]\n  insteadOf = http://127.0.0.1`,
      `[filter "lfs"]\n  smudge = touch ${ran}; cat\n  required`,
      `[credential]\n  helper = "!touch ${ran}"`,
    ].join('\n'),
  );
  await writeFile(join(home, '.netrc'), 'machine 127.0.0.1 login operator password hunter2\n');
  setVariable('HOME', home);
  await server.close();
  server = await startGitHttp({ root, credentials: { username: 'operator', password: 'hunter2' } });
  expect(await (await created({})).failedSync()).toMatchObject({ type: 'UpstreamDenied' });

  await writeFile(join(secrets, 'password'), 'hunter2\n');
  const auth = { username: 'operator', password: { file: join(secrets, 'password') } };
  expect(await (await created({ auth })).sync()).toMatchObject({ outcome: 'changed' });
  await expect(readFile(ran)).rejects.toThrow('ENOENT');
  expect(untouched.connections()).toBe(0);
});

describe('over SSH', () => {
  let log: string;

  beforeEach(async () => {
    // No SSH server may be available, so this replaces the command that git runs for one.
    const programs = join(root, 'bin');
    await mkdir(programs);
    log = join(root, 'ssh.log');
    const script = [
      '#!/bin/sh',
      `printf '%s\\n' "$@" "agent: $SSH_AUTH_SOCK" >> '${log}'`,
      'for argument; do :; done',
      'eval "$argument"',
    ];
    await writeFile(join(programs, 'ssh'), `${script.join('\n')}\n`, { mode: 0o755 });
    setVariable('PATH', `${programs}:${process.env['PATH']}`);
    setVariable('SSH_AUTH_SOCK', join(root, 'agent'));
    await writeFile(join(secrets, 'key'), 'KEY\n');
  });

  const loggedLines = async (): Promise<string[]> => (await readFile(log, 'utf8')).split('\n');

  test.each<[string, (path: string) => string, string]>([
    ['at its default port', (path) => `ssh://git@git.example${path}`, 'git.example'],
    ['at another port', (path) => `ssh://git@Git.Example:2222${path}`, '[git.example]:2222'],
    ['in short', (path) => `git@git.example:${path}`, 'git.example'],
  ])('%s it connects to the address that was checked, and recognizes the host by its name', async (_, url, alias) => {
    const source = await created(
      { repository: url(repository.path), auth: { sshKeyFile: join(secrets, 'key') } },
      { leadsTo: ['127.0.0.1', '127.0.0.2'] },
    );
    expect(await source.sync()).toMatchObject({ outcome: 'changed' });
    const lines = await loggedLines();
    expect(lines.slice(0, 2)).toEqual(['-F', '/dev/null']);
    expect(lines).toEqual(
      expect.arrayContaining(['HostName=127.0.0.1', `HostKeyAlias=${alias}`, 'IdentitiesOnly=yes', 'agent: ']),
    );
    expect(lines).not.toContain('HostName=127.0.0.2');
  });

  test.each<[string, () => Partial<GitOrigin>, string]>([
    ['an address', () => ({ repository: 'git@127.0.0.2:servers.git' }), 'resolves to an address that is not public'],
    [
      'a name',
      () => ({ repository: 'git@elsewhere.example:servers.git' }),
      'resolves to an address that is not public',
    ],
    [
      'a number',
      () => ({ repository: 'ssh://git@2130706434/servers.git' }),
      'resolves to an address that is not public',
    ],
    ['a key', () => ({ auth: { sshKeyFile: join(root, 'key') } }), 'git.auth.sshKeyFile is not in the folder'],
    ['no key', () => ({ auth: undefined as never }), 'git.auth.sshKeyFile is missing'],
    ['a link', () => ({ auth: { sshKeyFile: join(secrets, 'link') } }), 'is not in the folder'],
  ])('%s that is not allowed is refused', async (_, changes, message) => {
    await symlink('/etc/passwd', join(secrets, 'link'));
    const auth = { sshKeyFile: join(secrets, 'key') };
    const wanted = { repository: `git@git.example:${repository.path}`, auth, ...changes() };
    const source = await created(wanted, { leadsTo: ['127.0.0.2'], allow: ['127.0.0.1', 'git.example'] });
    const failure = await source.failedSync();
    expect(failure).toMatchObject({ type: 'OutboundForbidden' });
    expect(failure.message).toContain(message);
    await expect(readFile(log)).rejects.toThrow('ENOENT');
  });
});

test.each<[string, () => string]>([
  ['a file URL', () => `file://${repository.path}`],
  ['a path', () => repository.path],
  ['a program', () => 'ext::sh -c true'],
])('%s is not a valid repository for a source of the API', async (_, url) => {
  expect(await (await created({ repository: url() })).failedSync()).toMatchObject({ type: 'OutboundForbidden' });
});

test('messages of a server are not repeated', async () => {
  const speaking = createServer((_, response) => response.writeHead(500).end('password=hunter2'));
  await new Promise<void>((resolve) => speaking.listen(0, '127.0.0.1', resolve));
  cleanUp.unshift(() => speaking.close());
  const { port } = speaking.address() as AddressInfo;
  const failure = await (await created({ repository: `http://127.0.0.1:${port}/a.git` })).failedSync();
  expect(failure).toMatchObject({ type: 'UpstreamUnavailable' });
  expect(failure.message).toBe(`the repository http://127.0.0.1:${port}/a.git could not be read`);
});
