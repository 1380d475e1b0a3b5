import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GitOrigin } from '../../sources/git/definition.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { entriesOf } from '../db/sync-source.ts';
import { type GitHttpOptions, type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';

let testDatabase: TestDatabase;
let root: string;
let repository: GitRepository;
let server: GitHttpServer;
let cleanUp: (() => Promise<unknown>)[];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fetch-git-'));
  repository = await GitRepository.create(root, 'servers.git');
  const started = await startGitHttp({ root });
  server = started;
  cleanUp = [() => started.close(), async () => await rm(root, { recursive: true })];
  return async () => {
    for (const step of cleanUp) await step();
  };
});

const registry = (...names: string[]): string => envelope(names.map((name) => serverJson(`com.example/${name}`)));

async function source(changes: Partial<GitOrigin> = {}): Promise<SourceUnderTest> {
  const origin: GitOrigin = { kind: 'git', repository: server.url('servers.git'), path: 'registry.json', ...changes };
  return await SourceUnderTest.of(testDatabase.database, origin);
}

async function serve(options: Omit<GitHttpOptions, 'root'>): Promise<void> {
  const started = await startGitHttp({ root, ...options });
  server = started;
  cleanUp.unshift(() => started.close());
}

async function secretFile(content: string): Promise<string> {
  const file = join(root, 'secret');
  await writeFile(file, `${content}\n`);
  return file;
}

describe('a git source', () => {
  test('serves the default branch, with the commit in each entry', async () => {
    const commit = await repository.commit({ 'registry.json': registry('one', 'two'), 'README.md': 'x' });
    const git = await source();
    expect(await git.sync()).toMatchObject({ outcome: 'changed', upstreamRevision: commit, counts: { added: 2 } });
    const entries = await entriesOf(git.database);
    expect(entries.map(({ name, commitId }) => [name, commitId])).toEqual([
      ['com.example/one', commit],
      ['com.example/two', commit],
    ]);
    expect((await git.row()).envelope).toContain('last_updated');
  });

  test('asks only for the commit while the branch is unchanged, and follows the branch when it moves', async () => {
    await repository.commit({ 'registry.json': registry('one') });
    const git = await source();
    await git.sync();
    server.requests.length = 0;
    expect(await git.check()).toBe('nothing');
    expect(await git.sync()).toMatchObject({ snapshot: 'unchanged', outcome: 'unchanged' });
    expect(server.requests.filter((request) => request.startsWith('GET'))).toHaveLength(2);

    await repository.commit({ 'registry.json': registry('one', 'new') });
    expect(await git.check()).toBe('maybe');
    expect(await git.sync()).toMatchObject({ outcome: 'changed', counts: { added: 1, removed: 0 } });
  });

  test('keeps the commit of unchanged entries', async () => {
    const first = await repository.commit({ 'registry.json': registry('one') });
    const git = await source();
    await git.sync();
    const second = await repository.commit({ 'registry.json': registry('one', 'two') });
    await git.sync();
    expect((await entriesOf(git.database)).map(({ commitId }) => commitId)).toEqual([first, second]);
  });

  test('follows a branch, a tag, and an annotated tag; a commit takes precedence', async () => {
    const onMain = await repository.commit({ 'registry.json': registry('main') });
    await repository.git('tag', 'v1');
    await repository.commit({ 'registry.json': registry('annotated') });
    await repository.git('tag', '--annotate', 'v2', '--message', 'Two');
    await repository.push('v1', 'v2');
    await repository.commit({ 'registry.json': registry('branch') }, 'feature/x');

    const servedBy = async (changes: Partial<GitOrigin>): Promise<string[]> => {
      const git = await source(changes);
      await git.sync();
      expect(await git.check()).toBe('nothing');
      return await git.served();
    };
    expect(await servedBy({ branch: 'feature/x' })).toEqual(['com.example/branch@1.0.0']);
    expect(await servedBy({ branch: 'feature/x', tag: 'v1' })).toEqual(['com.example/main@1.0.0']);
    expect(await servedBy({ tag: 'v2' })).toEqual(['com.example/annotated@1.0.0']);
    expect(await servedBy({ branch: 'feature/x', tag: 'v2', commit: onMain })).toEqual(['com.example/main@1.0.0']);
    expect(await servedBy({ commit: onMain.slice(0, 10) })).toEqual(['com.example/main@1.0.0']);
  });

  test('follows a branch whose history was rewritten', async () => {
    await repository.commit({ 'registry.json': registry('one') });
    const git = await source({ branch: 'main' });
    await git.sync();
    await repository.git('checkout', '--quiet', '--orphan', 'other');
    await repository.commit({ 'registry.json': registry('one', 'rewritten') });
    expect(await git.check()).toBe('maybe');
    expect(await git.sync()).toMatchObject({ counts: { added: 1 } });
  });

  test.each(['./registry.json', './/registry.json', './*.json'])('reads the path %s', async (path) => {
    await repository.commit({ 'registry.json': registry('one') });
    const git = await source({ path });
    expect(await git.sync()).toMatchObject({ counts: { entries: 1 } });
  });

  test('reads many files with a glob, and names the file of a rejected entry', async () => {
    await repository.commit({
      'servers/a.json': JSON.stringify(serverJson('com.example/a')),
      'servers/deep/b.json': JSON.stringify(serverJson('com.example/b', 'latest')),
      'servers/c [1] #.yaml': 'name: com.example/c\ndescription: In YAML\nversion: "2.0.0"\n',
      'other/d.json': 'not looked at',
    });
    const git = await source({ path: 'servers/**/*.{json,yaml}' });
    expect(await git.sync()).toMatchObject({ counts: { entries: 2, rejected: 1 } });
    expect(await git.served()).toEqual(['com.example/a@1.0.0', 'com.example/c@2.0.0']);
    const [rejection] = await git.findings();
    expect(rejection).toMatchObject({
      severity: 'rejection',
      name: 'com.example/b',
      ordinal: 2,
      location: 'servers/deep/b.json, line 1, column 1',
    });
  });

  test('reads files whose names contain a line break, or are not UTF-8', async () => {
    await repository.commit({ 'servers/a.json': registry('one'), 'servers/new\nline.json': registry('two') });
    await rename(
      join(repository.workTree, 'servers/a.json'),
      Buffer.from(join(repository.workTree, 'servers/b\xFF.json'), 'latin1'),
    );
    await repository.commit({});
    const git = await source({ path: 'servers/*.json' });
    expect(await git.sync()).toMatchObject({ outcome: 'changed', counts: { added: 2, rejected: 0 } });
  });

  test('reads a file whose name contains a tab', async () => {
    await repository.commit({ 'servers/a\tb.json': registry('one') });
    const git = await source({ path: 'servers/*.json' });
    expect(await git.sync()).toMatchObject({ outcome: 'changed', counts: { added: 1 } });
  });

  test('fetches neither history nor other files', async () => {
    const noise = (): string => Array.from({ length: 20_000 }, () => Math.random()).join();
    await repository.commit({ 'registry.json': registry('one'), 'large.txt': noise() });
    await repository.commit({ 'large.txt': noise(), 'registry.json': registry('one', 'two') });
    const git = await source();
    expect(await git.sync()).toMatchObject({ counts: { entries: 2 } });
    expect(server.bytesSent()).toBeLessThan(50_000);
  });

  test('reads from a server that supports neither filters nor single commits', async () => {
    await repository.configure('uploadpack.allowFilter', 'false');
    const pinned = await repository.commit({ 'registry.json': registry('one') });
    await repository.commit({ 'registry.json': registry('one', 'two') });
    const branch = await source();
    expect(await branch.sync()).toMatchObject({ counts: { entries: 2 } });

    await serve({ dumb: true });
    const dumb = await source();
    expect(await dumb.sync()).toMatchObject({ counts: { entries: 2 } });
    expect(await (await source({ commit: pinned })).sync()).toMatchObject({ counts: { entries: 1 } });
  });

  test('reads a document that exceeds the small disk allowance', async () => {
    await repository.commit({ 'registry.json': `${registry('one')}${' '.repeat(17 * 1024 * 1024)}` });
    expect(await (await source()).sync()).toMatchObject({ outcome: 'changed', counts: { added: 1 } });
  });

  test('reads a repository on this machine', async () => {
    await repository.commit({ 'registry.json': registry('one') });
    expect(await (await source({ repository: repository.path })).sync()).toMatchObject({ counts: { entries: 1 } });
    expect(await (await source({ repository: `file://${repository.path}` })).sync()).toMatchObject({
      counts: { entries: 1 },
    });
  });
});

describe('credentials', () => {
  const credentials = { username: 'reader', password: 'p4ss:word/ü' };

  test('are read from their file for each fetch', async () => {
    await repository.commit({ 'registry.json': registry('one') });
    await serve({ credentials });
    const file = await secretFile(credentials.password);
    const git = await source({ auth: { username: 'reader', password: { file } } });
    expect(await git.sync()).toMatchObject({ counts: { entries: 1 } });
    expect(await git.check()).toBe('nothing');
  });

  test.each([
    ['none', undefined],
    ['wrong ones', 'wrong-password'],
  ])('%s: refused, without a prompt, and not shown', async (_, password) => {
    await repository.commit({ 'registry.json': registry('one') });
    await serve({ credentials });
    const auth =
      password === undefined ? {} : { auth: { username: 'reader', password: { file: await secretFile(password) } } };
    const git = await source(auth);
    const failure = await git.failedSync();
    expect(failure).toMatchObject({ type: 'UpstreamDenied', nonRetryable: true });
    expect(failure.message).toContain(server.url('servers.git'));
    expect(failure.message).toMatch(
      password === undefined
        ? /it rejected a request without credentials: set `auth`/
        : /it rejected the user reader with the password in the file \S+ \(`auth\.passwordFile`\)/,
    );
    expect(JSON.stringify([failure.message, failure.stack])).not.toMatch(/wrong-password|cmVhZGVy/);
  });

  test('a missing password file is named with its setting', async () => {
    const git = await source({ auth: { username: 'reader', password: { file: join(root, 'absent') } } });
    expect(await git.failedSync()).toMatchObject({
      type: 'SecretUnavailable',
      message: `the file ${join(root, 'absent')} (\`auth.passwordFile\`) does not exist`,
    });
  });
});

/** No SSH server may be available, so this replaces the command that git runs for one. */
async function replaceSsh(script: readonly string[]): Promise<void> {
  const programs = join(root, 'bin');
  await mkdir(programs);
  await writeFile(join(programs, 'ssh'), `${script.join('\n')}\n`, { mode: 0o755 });
  const path = process.env['PATH'];
  process.env['PATH'] = `${programs}:${path}`;
  cleanUp.unshift(async () => {
    process.env['PATH'] = path;
  });
}

test.each([
  ['Connection refused', 'connection refused'],
  ['Connection timed out', 'it did not answer in time'],
  ['No route to host', 'there is no route to its host'],
])('over SSH, "%s" is named', async (complaint, meaning) => {
  await replaceSsh(['#!/bin/sh', `echo 'ssh: connect to host example.com port 22: ${complaint}' >&2`, 'exit 255']);
  const git = await source({ repository: 'ssh://git@example.com/servers.git' });
  const failure = await git.failedSync();
  expect(failure).toMatchObject({ type: 'UpstreamUnavailable', nonRetryable: false });
  expect(failure.message).toContain(`could not be read: ${meaning}: `);
});

test('over SSH the key is used from a private copy, with the configured known hosts', async () => {
  await repository.commit({ 'registry.json': registry('one') });
  const keyFile = join(root, "an operator's key");
  await writeFile(keyFile, 'KEY', { mode: 0o644 });
  const log = join(root, 'ssh.log');
  const script = [
    '#!/bin/sh',
    `printf '%s\\n' "$@" >> '${log}'`,
    'for argument; do',
    `  case "$argument" in IdentityFile=*) stat -c %a "\${argument#*=}" >> '${log}'; cat "\${argument#*=}" >> '${log}';; esac`,
    'done',
    'eval "$argument"',
  ];
  await replaceSsh(script);
  const git = await source({
    repository: `ssh://git@example.com${repository.path}`,
    auth: { sshKeyFile: keyFile, knownHostsFile: join(root, 'known hosts') },
  });
  expect(await git.sync()).toMatchObject({ counts: { entries: 1 } });
  const lines = (await readFile(log, 'utf8')).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      'IdentitiesOnly=yes',
      '600',
      'KEY',
      'git@example.com',
    ]),
  );
  expect(lines).toContain(`UserKnownHostsFile="${join(root, 'known hosts')}"`);
});

describe('what does not exist', () => {
  beforeEach(async () => {
    await repository.commit({ 'registry.json': registry('one') });
  });

  test.each<[string, () => Partial<GitOrigin>, string]>([
    ['repository', () => ({ repository: server.url('absent.git') }), 'there is no such repository'],
    ['local repository', () => ({ repository: join(root, 'absent.git') }), 'there is no such repository'],
    ['branch', () => ({ branch: 'absent' }), 'there is no branch absent in the repository'],
    ['tag', () => ({ tag: 'absent' }), 'there is no tag absent in the repository'],
    ['commit', () => ({ commit: 'a'.repeat(40) }), `there is no commit ${'a'.repeat(40)} in the repository`],
    ['path', () => ({ path: 'absent.json' }), 'there is no file absent.json on the default branch ('],
    ['glob', () => ({ path: 'absent/*.json', branch: 'main' }), 'no file matches absent/*.json on branch main ('],
  ])('%s', async (_, changes, message) => {
    const git = await source(changes());
    const failure = await git.failedSync();
    expect(failure).toMatchObject({ type: 'UpstreamNotFound', nonRetryable: true });
    expect(failure.message).toContain(message);
  });

  test('an empty repository has no default branch', async () => {
    await GitRepository.create(root, 'empty.git');
    const git = await source({ repository: server.url('empty.git') });
    expect(await git.failedSync()).toMatchObject({ type: 'UpstreamNotFound' });
  });

  test('a host that doesn’t answer is unavailable, and retried', async () => {
    const url = server.url('servers.git');
    await server.close();
    const git = await source({ repository: url });
    expect(await git.failedSync()).toMatchObject({ type: 'UpstreamUnavailable', nonRetryable: false });
  });

  test('earlier entries are still served', async () => {
    const git = await source();
    await git.sync();
    await repository.commit({ 'registry.json': null });
    expect(await git.failedSync()).toMatchObject({ type: 'UpstreamNotFound' });
    expect(await git.served()).toEqual(['com.example/one@1.0.0']);
  });
});

test('a link in a repository is not followed', async () => {
  await repository.git('config', 'core.symlinks', 'true');
  await repository.commit({ 'other.json': '[]' });
  await repository.git(
    'update-index',
    '--add',
    '--cacheinfo',
    `120000,${await linkTo(repository, '/etc/hostname')},registry.json`,
  );
  await repository.git('commit', '--quiet', '--message', 'Link');
  await repository.push('HEAD:refs/heads/main');
  const git = await source();
  expect(await git.failedSync()).toMatchObject({
    message: expect.stringContaining("registry.json is a symbolic link, which isn't followed") as string,
  });
});

async function linkTo(owner: GitRepository, target: string): Promise<string> {
  const file = join(root, 'target');
  await writeFile(file, target);
  return await owner.git('hash-object', '-w', file);
}

describe('a path that leads to no file is explained', () => {
  test.each<[path: string, message: string]>([
    ['link.json', "link.json is a symbolic link, which isn't followed: set `path` to the file that it points to"],
    ['linked/registry.json', "linked is a symbolic link, which isn't followed"],
    ['sub', "sub is a submodule, which isn't fetched: add a source for its repository"],
    ['sub/registry.json', "sub is a submodule, which isn't fetched: add a source for its repository"],
    ['folder', 'folder is a folder: set `path` to a file in it, or to a pattern such as folder/*.json'],
    ['folder/none.json', 'there is no file folder/none.json on the default branch'],
  ])('%s', async (path, message) => {
    const commit = await repository.commit({ 'folder/registry.json': registry('one') });
    await repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},sub`);
    for (const [name, target] of [
      ['link.json', 'folder/registry.json'],
      ['linked', 'folder'],
      ['folder/link.json', 'registry.json'],
    ] as const) {
      const file = join(root, 'target');
      await writeFile(file, target);
      const blob = await repository.git('hash-object', '-w', file);
      await repository.git('update-index', '--add', '--cacheinfo', `120000,${blob},${name}`);
    }
    await repository.git('commit', '--quiet', '--message', 'Add links');
    await repository.git('push', '--quiet', 'origin', 'main');
    const git = await source({ path });
    const failure = await git.failedSync();
    expect(failure.type).toBe('UpstreamNotFound');
    expect(failure.message.slice(0, message.length)).toBe(message);
  });
});
