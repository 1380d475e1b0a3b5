/** The files of `git` packages that documents name, read from real Git over HTTP. */
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { originOf, PackageSources, SKILL } from '../activities/package-sources.ts';
import { skillMd } from './scanned-repository.ts';

let testDatabase: TestDatabase;
let sources: PackageSources;
let root: string;
let server: GitHttpServer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  sources = new PackageSources(testDatabase.database);
  root = await mkdtemp(join(tmpdir(), 'packages-'));
  server = await startGitHttp({ root });
});
afterAll(async () => {
  await server.close();
  await testDatabase.drop();
  await rm(root, { recursive: true });
});

describe('a git package', () => {
  test('is read at its commit: the files of its folder, once for all entries that name it', async () => {
    const repository = await GitRepository.create(root, 'acme/tools.git');
    await repository.commit({ 'skills/pdf/SKILL.md': SKILL, 'skills/pdf/run.sh': '#!/bin/sh\r\n', 'other/x': 'x' });
    await chmod(join(repository.workTree, 'skills/pdf/run.sh'), 0o755);
    const commit = await repository.commit({ 'README.md': 'Tools' });
    await repository.commit({ 'skills/pdf/SKILL.md': skillMd('pdf', '', 'Later.\n') });
    const git = { registryType: 'git', url: server.url('acme/tools.git'), commit, subfolder: 'skills/pdf/' };
    const source = await sources.of(
      originOf([{ packages: [git] }, { packages: [git], name: 'copy' }], [{ packages: [{ ...git, subfolder: '.' }] }]),
    );
    expect(await source.sync()).toMatchObject({ packages: true });
    expect(await sources.finds('zanzibarine')).toBe(false);
    const { read, kept, failed } = await source.readPackages();
    expect([read + kept, failed]).toEqual([3, 0]);
    const files = { 'SKILL.md': SKILL, 'run.sh*': '#!/bin/sh\r\n' };
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual(files);
    expect(await sources.filesOf('skill:com.example/copy', source)).toEqual(files);
    expect(Object.keys(await sources.filesOf('plugin:com.example/pdf', source))).toEqual([
      'README.md',
      'other/x',
      'skills/pdf/SKILL.md',
      'skills/pdf/run.sh*',
    ]);
    expect(await sources.finds('ZANZIBARINE')).toBe(true);
    expect((await sources.served('plugin')).reading).toEqual({
      package: `${git.url}@${commit}`,
      fault: null,
      verification: null,
    });

    // Another description changes the entry, and costs no request.
    const before = server.requests.length;
    await source.redefine({
      origin: originOf([
        { packages: [git], description: 'New' },
        { packages: [git], name: 'new' },
      ]),
    });
    await source.sync({ force: true });
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual(files);
    expect(await source.readPackages()).toMatchObject({ read: 0, failed: 0 });
    expect(await sources.filesOf('skill:com.example/new', source)).toEqual(files);
    expect(await sources.finds('zanzibarine')).toBe(true);
    expect(server.requests.length).toBe(before);
    expect(await source.sync()).not.toHaveProperty('packages');
  });

  test('without a commit follows its branch or tag, and keeps its files while that cannot be asked for', async () => {
    const repository = await GitRepository.create(root, 'acme/moving.git');
    await repository.commit({ 'SKILL.md': skillMd('pdf', '', 'First.\n') });
    await repository.git('tag', '--annotate', '--message', 'One', 'v1');
    await repository.git('push', '--quiet', 'origin', 'v1');
    const url = server.url('acme/moving.git');
    const source = await sources.of(
      originOf([
        { packages: [{ registryType: 'git', url }] },
        { name: 'tagged', packages: [{ registryType: 'git', url, ref: 'v1' }] },
      ]),
    );
    await source.sync();
    await source.readPackages();
    const second = skillMd('pdf', '', 'Second.\n');
    const commit = await repository.commit({ 'SKILL.md': second });
    await sources.passTime();
    expect(await source.readPackages()).toEqual({ read: 1, kept: 1, failed: 0 });
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual({ 'SKILL.md': second });
    expect(await sources.filesOf('skill:com.example/tagged', source)).toEqual({
      'SKILL.md': skillMd('pdf', '', 'First.\n'),
    });
    expect((await sources.served()).reading?.package).toBe(`${url}@${commit}`);

    await rm(repository.path, { recursive: true });
    await sources.passTime();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 0, failed: 2 });
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual({ 'SKILL.md': second });
    expect((await sources.served()).reading?.fault).toMatch(/there is no such repository/);
  });

  test('no longer counts when the source has files of its own, and counts again without them', async () => {
    const repository = await GitRepository.create(root, 'acme/own.git');
    const commit = await repository.commit({ 'SKILL.md': skillMd('pdf', 'version: 1.0.0\n', 'From the package.\n') });
    const own = skillMd('pdf', 'version: 1.0.0\n', 'From the source.\n');
    await repository.commit({ 'SKILL.md': own });
    const url = server.url('acme/own.git');
    const document = originOf([{ packages: [{ registryType: 'git', url, commit }] }]);
    const source = await sources.of(document);
    await source.sync();
    await source.readPackages();
    expect((await sources.served()).reading?.package).toBe(`${url}@${commit}`);

    await source.redefine({ origin: { kind: 'git', repository: url, scan: { namespace: 'com.example' } } });
    await source.sync();
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual({ 'SKILL.md': own });
    await source.readPackages();
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual({ 'SKILL.md': own });
    expect((await sources.served()).reading).toEqual({ package: null, fault: null, verification: null });

    await source.redefine({ origin: document });
    await source.sync();
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual({});
    await source.readPackages();
    expect((await sources.served()).reading?.package).toBe(`${url}@${commit}`);
    expect(await sources.finds('from the package')).toBe(true);
  });

  test('that cannot be stored is a warning on its entry, with the reason', async () => {
    const repository = await GitRepository.create(root, 'acme/hostile.git');
    const many = Object.fromEntries(Array.from({ length: 513 }, (_, index) => [`many/f${index}`, 'x']));
    await repository.commit({
      'link/SKILL.md': SKILL,
      ...many,
      'large/SKILL.md': SKILL,
      'large/a': new Uint8Array(9 * 1024 * 1024).fill(1),
      'large/b': new Uint8Array(8 * 1024 * 1024).fill(2),
      'none/README.md': 'No skill.',
    });
    await symlink('/etc/passwd', join(repository.workTree, 'link', 'secret'));
    await repository.commit({});
    const commit = await repository.addUnsafePath('escape', SKILL);
    const git = { registryType: 'git', url: server.url('acme/hostile.git'), commit };
    expect(await sources.faultOf({ ...git, subfolder: 'link' })).toMatch(
      /the skill has "secret", which is a symbolic link/,
    );
    expect(await sources.faultOf({ ...git, subfolder: 'many' })).toBe('the skill has more than 512 files');
    expect(await sources.faultOf({ ...git, subfolder: 'large' })).toBe('the skill has more than 16 MiB of files');
    expect(await sources.faultOf({ ...git, subfolder: 'none' })).toBe('the skill has no SKILL.md');
    expect(await sources.faultOf({ ...git, subfolder: 'escape' })).toMatch(/which leads out of its folder/);
    expect(await sources.faultOf({ ...git, subfolder: 'absent' })).toMatch(/has no files in the folder absent at/);
    expect(await sources.faultOf({ ...git, subfolder: '../x' })).toBe("../x isn't a folder in a repository");
    expect(await sources.faultOf({ ...git, commit: 'abc' })).toBe("abc isn't the full ID of a commit");
    expect(await sources.faultOf({ ...git, commit: undefined, ref: '--upload-pack=x' })).toMatch(
      /isn't the name of a branch/,
    );
    expect(await sources.faultOf({ ...git, commit: undefined, ref: 'nope' })).toMatch(/has no branch or tag nope/);
    expect(await sources.faultOf({ ...git, url: 'file:///etc' })).toMatch(/doesn't have an https:\/\/ URL/);
    expect(await sources.faultOf({ ...git, url: 'ext::sh -c id' })).toMatch(/doesn't have an https:\/\/ URL/);
    expect(await sources.faultOf({ ...git, url: 'https://user:pw@127.0.0.1/x' })).toMatch(/has credentials/);
    expect(await sources.faultOf({ ...git, url: 'https://10.0.0.1/acme/x' })).toMatch(/not public/);

    const source = await sources.of(originOf([{ packages: [{ ...git, subfolder: 'many' }] }]));
    await source.sync();
    await source.readPackages();
    const warning = {
      severity: 'warning',
      name: 'skill:com.example/pdf',
      version: '1.0.0',
      reason: 'its files are not stored: the skill has more than 512 files',
    };
    expect(await source.findings()).toMatchObject([warning]);
    // The next sync reads nothing again, and warns again.
    const before = server.requests.length;
    expect(await source.sync()).toMatchObject({ packages: true });
    await source.readPackages();
    expect(await source.findings()).toMatchObject([warning]);
    expect(server.requests.length).toBe(before);
  }, 120_000);
});
