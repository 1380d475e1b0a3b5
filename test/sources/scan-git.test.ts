import { hash } from 'node:crypto';
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { purge } from '../../db/upkeep/purge.ts';
import { kindOfName, servedName } from '../../registry/entry-kind.ts';
import type { GitOrigin } from '../../sources/git/definition.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { BROKEN_FILES, GOOD_REPOSITORY, skillMd } from './scanned-repository.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';

let testDatabase: TestDatabase;
let root: string;
let repository: GitRepository;
let server: GitHttpServer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'scan-git-'));
  repository = await GitRepository.create(root, 'acme/tools.git');
  server = await startGitHttp({ root });
  return async () => {
    await server.close();
    await rm(root, { recursive: true });
  };
});

async function source(scan: GitOrigin['scan'] = { namespace: 'com.example' }): Promise<SourceUnderTest> {
  const origin: GitOrigin = { kind: 'git', repository: server.url('acme/tools.git'), scan };
  return await SourceUnderTest.of(testDatabase.database, origin);
}

const entryRow = z.object({ name: z.string(), version: z.string(), document: z.string(), isLive: z.boolean() });
const fileRow = z.object({
  path: z.string(),
  bytes: z.instanceof(Buffer),
  digest: z.string(),
  executable: z.boolean(),
});

/** The documents of the source's live entries, by stored name. */
async function documents(git: SourceUnderTest): Promise<Map<string, Record<string, unknown>>> {
  const rows = await testDatabase.database.any(sql.type(entryRow)`
    select entry.name, version, document, vanished_at is null as "isLive" from entry join source on source.id = source_id
    where source.name = ${git.definition.name} and vanished_at is null order by entry.name`);
  return new Map(rows.map(({ name, document }) => [name, JSON.parse(document) as Record<string, unknown>]));
}

async function files(git: SourceUnderTest, name: string): Promise<z.output<typeof fileRow>[]> {
  return [
    ...(await testDatabase.database.any(sql.type(fileRow)`
      select path, bytes, encode(entry_file.digest, 'hex') as digest, executable
      from entry_file join content using (digest) join entry on entry.id = entry_id join source on source.id = source_id
      where source.name = ${git.definition.name} and entry.name = ${name} order by path`)),
  ];
}

const summary = async (git: SourceUnderTest): Promise<string[]> =>
  [...(await documents(git))].map(([name, { version }]) => `${name}@${String(version)}`);

describe('a scan of a repository', () => {
  test('finds skills and plugins with all forms of frontmatter, pinned to the commit', async () => {
    const commit = await repository.commit(GOOD_REPOSITORY);
    const git = await source();
    expect(await git.sync()).toMatchObject({
      outcome: 'changed',
      upstreamRevision: commit,
      counts: { added: 6, rejected: 0 },
    });
    const found = await documents(git);
    const url = server.url('acme/tools.git');
    const pinned = (subfolder: string): object => ({
      repository: { url, type: 'git' },
      packages: [{ registryType: 'git', url, commit, subfolder }],
    });
    expect(found.get('skill:com.example/pdf')).toEqual({
      namespace: 'com.example',
      name: 'pdf',
      description: 'What pdf does.',
      version: '1.10',
      license: 'Apache-2.0',
      compatibility: 'Needs poppler',
      allowedTools: ['Bash(pdftotext:*)', 'Read'],
      ...pinned('skills/pdf'),
      metadata: { author: 'acme' },
    });
    expect(found.get('skill:com.example/review')).toEqual({
      namespace: 'com.example',
      name: 'review',
      description: 'Review code for bugs.',
      version: '2.0.0',
      allowedTools: ['Read', 'Bash(git diff:*)'],
      ...pinned('skills/review'),
      metadata: { version: '2.0.0', 'toolhive.requires': ['ghcr.io/acme/pdf:1'] },
    });
    expect(found.get('skill:com.example/deep')?.['version']).toMatch(
      new RegExp(String.raw`^0\.0\.0-\d{14}-${commit.slice(0, 12)}$`),
    );
    expect(found.get('plugin:com.example/formatter')).toEqual({
      namespace: 'com.example',
      name: 'formatter',
      description: 'Formats code.',
      version: '3.1.0',
      license: 'MIT',
      ...pinned('plugins/formatter'),
      metadata: { author: { name: 'Acme' }, keywords: ['format'] },
    });
    expect(found.get('plugin:com.example/bare')).toMatchObject({
      description: 'Says hello.',
      ...pinned('plugins/bare'),
      metadata: { category: 'greetings' },
    });
    expect(found.get('plugin:com.example/elsewhere')).toMatchObject({
      version: `0.0.0-g${'a'.repeat(12)}`,
      packages: [{ url: 'https://github.com/acme/other', commit: 'a'.repeat(40), subfolder: 'tools/plugin' }],
    });
    expect(found.size).toBe(6);
  });

  test('stores the files of skills as they are in the repository, and an archive of them', async () => {
    await repository.commit(GOOD_REPOSITORY);
    await chmod(join(repository.workTree, 'skills/pdf/scripts/extract.sh'), 0o755);
    await repository.commit({ '.gitattributes': '*.md text eol=crlf\n* ident\n' });
    const git = await source();
    await git.sync();
    const [archive, ...stored] = await files(git, 'skill:com.example/pdf');
    expect(stored.map(({ path, bytes, executable }) => [path, bytes.toString(), executable])).toEqual([
      ['SKILL.md', GOOD_REPOSITORY['skills/pdf/SKILL.md'], false],
      ['references/FORMS.txt', GOOD_REPOSITORY['skills/pdf/references/FORMS.txt'], false],
      ['scripts/extract.sh', GOOD_REPOSITORY['skills/pdf/scripts/extract.sh'], true],
    ]);
    for (const { bytes, digest } of [archive!, ...stored]) expect(hash('sha256', bytes, 'hex')).toBe(digest);
    expect(archive?.path).toBe('');
    expect(gunzipSync(archive!.bytes).toString()).toContain('zanzibarine');
    // A skill that is only a SKILL.md needs no archive.
    expect((await files(git, 'skill:com.example/deep')).map(({ path }) => path)).toEqual(['SKILL.md']);
    // The files of a skill include those of skills in it.
    expect((await files(git, 'skill:com.example/review')).map(({ path }) => path)).toEqual([
      '',
      'SKILL.md',
      'nested/deep/SKILL.md',
    ]);
  });

  test('stores the files of plugins, and serves one whose files cannot be stored with a warning', async () => {
    const plugin = (name: string): string =>
      JSON.stringify({ name, description: `What ${name} does.`, version: '1.0.0' });
    await repository.commit({
      'good/.claude-plugin/plugin.json': plugin('good'),
      'good/commands/hello.md': 'Say hello.\n',
      'good/agents/reviewer.md': 'Review.\n',
      'good/hooks/hooks.json': '{}',
      'good/skills/style/SKILL.md': skillMd('style'),
      'linked/.claude-plugin/plugin.json': plugin('linked'),
      'listed/commands/bye.md': 'Say goodbye.\n',
      '.claude-plugin/marketplace.json': JSON.stringify({
        plugins: [{ name: 'listed', source: './listed', description: 'Says goodbye.', version: '1.0.0' }],
      }),
    });
    await symlink('/etc/passwd', join(repository.workTree, 'linked', 'secret'));
    await repository.commit({});
    const git = await source();
    expect(await git.sync()).toMatchObject({ counts: { added: 4, rejected: 0 } });
    const paths = async (name: string): Promise<string[]> => (await files(git, name)).map(({ path }) => path);
    expect(await paths('plugin:com.example/good')).toEqual([
      '',
      '.claude-plugin/plugin.json',
      'agents/reviewer.md',
      'commands/hello.md',
      'hooks/hooks.json',
      'skills/style/SKILL.md',
    ]);
    expect(await paths('plugin:com.example/listed')).toEqual(['commands/bye.md']);
    expect(await paths('plugin:com.example/linked')).toEqual([]);
    expect(await git.findings()).toMatchObject([
      {
        severity: 'warning',
        name: 'plugin:com.example/linked',
        reason:
          'its files are not stored: the plugin has "secret", which is a symbolic link: replace it by the file that it points to',
      },
    ]);
    // The files come from the source, so that the packages aren't read.
    expect(await git.readPackages()).toMatchObject({ read: 0, kept: 0 });
    expect(await paths('plugin:com.example/listed')).toEqual(['commands/bye.md']);

    await repository.commit({ 'listed/commands/bye.md': 'Say farewell.\n' });
    expect(await git.sync()).toMatchObject({ counts: { added: 0, changed: 1, removed: 0 } });
    expect(String((await files(git, 'plugin:com.example/listed'))[0]?.bytes)).toBe('Say farewell.\n');
  });

  test('rejects each broken skill and plugin by name, and keeps what was served of it', async () => {
    await repository.commit({ 'skills/quiet/SKILL.md': skillMd('quiet'), 'skills/ok/SKILL.md': skillMd('ok') });
    const git = await source();
    await git.sync();
    await repository.commit({
      'skills/quiet/SKILL.md': null,
      ...Object.fromEntries(BROKEN_FILES.map(([path, content]) => [path, content])),
    });
    expect(await git.sync()).toMatchObject({ counts: { rejected: BROKEN_FILES.length, removed: 0 } });
    const findings = await git.findings();
    const kind = (path: string): string => (path.endsWith('SKILL.md') ? 'skill' : 'plugin');
    for (const [path, , name, reason] of BROKEN_FILES) {
      expect(findings.find(({ location }) => location === path)).toMatchObject({
        severity: 'rejection',
        name: `${kind(path)}:com.example/${name}`,
        reason: expect.stringContaining(reason) as string,
      });
    }
    expect((await summary(git)).map((line) => line.split('@')[0])).toEqual([
      'skill:com.example/ok',
      'skill:com.example/quiet',
    ]);
  });

  test('rejects skills with links, submodules, too many or too large files, and colliding or unsafe paths', async () => {
    const many = Object.fromEntries(Array.from({ length: 512 }, (_, index) => [`many/f${index}`, 'x']));
    await repository.commit({
      'ok/SKILL.md': skillMd('ok'),
      'link/SKILL.md': skillMd('link'),
      'module/SKILL.md': skillMd('module'),
      'many/SKILL.md': skillMd('many'),
      ...many,
      'large/SKILL.md': skillMd('large'),
      'large/a': new Uint8Array(9 * 1024 * 1024).fill(1),
      'large/b': new Uint8Array(8 * 1024 * 1024).fill(2),
      'twins/SKILL.md': skillMd('twins'),
      'twins/Read.md': 'a',
      'twins/read.md': 'b',
    });
    await symlink('/etc/passwd', join(repository.workTree, 'link', 'secret'));
    const commit = await repository.commit({});
    await repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},module/sub`);
    await repository.git('commit', '--quiet', '--message', 'Add a submodule');
    await repository.addUnsafePath('escape', skillMd('escape'));
    const git = await source();
    expect(await git.sync()).toMatchObject({ counts: { added: 1, rejected: 6 } });
    const reasons = new Map((await git.findings()).map(({ name, reason }) => [name?.split('/')[1], reason]));
    expect(reasons.get('link')).toBe(
      'the skill has "secret", which is a symbolic link: replace it by the file that it points to',
    );
    expect(reasons.get('module')).toMatch(/has "sub", which is a submodule/);
    expect(reasons.get('many')).toBe('the skill has more than 512 files');
    expect(reasons.get('large')).toBe('the skill has more than 16 MiB of files');
    expect(reasons.get('twins')).toMatch(/are the same on many systems: \["Read.md","read.md"\]/);
    expect(reasons.get('escape')).toMatch(/which leads out of its folder/);
    expect(await summary(git)).toEqual([expect.stringMatching(/^skill:com.example\/ok@/)]);
  });

  test('changes only the entries whose folder a commit touches, and pins them to it', async () => {
    const first = await repository.commit({ 'a/SKILL.md': skillMd('a'), 'b/SKILL.md': skillMd('b') });
    const git = await source();
    await git.sync();
    const second = await repository.commit({ 'b/notes.md': 'New.\n' });
    expect(await git.sync()).toMatchObject({ counts: { added: 1, changed: 0, removed: 1 } });
    const found = await documents(git);
    expect(found.get('skill:com.example/a')).toMatchObject({ packages: [{ commit: first }] });
    expect(found.get('skill:com.example/b')).toMatchObject({ packages: [{ commit: second }] });
    expect((await files(git, 'skill:com.example/b')).map(({ path }) => path)).toContain('notes.md');

    await repository.commit({ 'README.md': 'Unrelated.\n' });
    expect(await git.sync()).toMatchObject({ outcome: 'unchanged' });
  });

  test('replaces the files of a version that changed in place', async () => {
    await repository.commit({ 'a/SKILL.md': skillMd('a', 'version: 1.0.0\n'), 'a/old.md': 'old' });
    const git = await source();
    await git.sync();
    await repository.commit({ 'a/old.md': null, 'a/new.md': 'new' });
    expect(await git.sync()).toMatchObject({ counts: { added: 0, changed: 1, removed: 0 } });
    expect((await files(git, 'skill:com.example/a')).map(({ path }) => path)).toEqual(['', 'SKILL.md', 'new.md']);
  });

  test('reads only one folder, and derives the namespace from the repository', async () => {
    await repository.commit({ 'a/SKILL.md': skillMd('a'), 'b/SKILL.md': skillMd('b') });
    const git = await source({ namespace: 'com.example', folder: 'b' });
    await git.sync();
    expect((await summary(git)).map((line) => servedName(line.split('@')[0]!))).toEqual(['com.example/b']);
    const empty = await source({ namespace: 'com.example', folder: 'c' });
    expect((await empty.failedSync()).message).toMatch(
      /there is no SKILL.md, plugin.json, or marketplace.json in the folder c/,
    );
  });

  test('warns about a name that differs from the folder, and takes the first of two equal ones', async () => {
    await repository.commit({ 'a/SKILL.md': skillMd('same'), 'b/SKILL.md': skillMd('same') });
    const git = await source();
    expect(await git.sync()).toMatchObject({ counts: { added: 1, rejected: 1 } });
    expect((await git.findings()).map(({ location, reason }) => [location, reason])).toEqual(
      expect.arrayContaining([
        ['a/SKILL.md', 'its name differs from the name of its folder, a'],
        ['b/SKILL.md', expect.stringContaining('already has an entry with this name and version')],
      ]),
    );
  });

  test('counts files in the size of a chunk, so that those of many skills aren’t held at once', async () => {
    const skills = Array.from({ length: 12 }, (_, index) => `skill-${index}`);
    // Their names and digests have more than 1 MiB, and the documents almost nothing.
    const paths = Array.from({ length: 500 }, (_, index) => `${'x'.repeat(100)}/${index}.txt`);
    await repository.commit(
      Object.fromEntries(
        skills.flatMap((skill) => [
          [`${skill}/SKILL.md`, skillMd(skill)],
          ...paths.map((path) => [`${skill}/${path}`, 'The same.']),
        ]),
      ),
    );
    const git = await source();
    expect(await git.fetch(git.next())).toMatchObject({ counts: { entries: 12 } });
    const chunks = await testDatabase.database.anyFirst(sql.type(z.object({ entries: z.number() }))`
      select snapshot_chunk.entries from snapshot_chunk join sync_run on sync_run.id = sync_run_id
      join source on source.id = source_id where source.name = ${git.definition.name} order by snapshot_chunk.number`);
    expect(chunks).toEqual([11, 1]);
  });

  test('deletes content that no entry has any more, except what a running sync may need', async () => {
    await repository.commit({
      'a/SKILL.md': skillMd('a', '', 'Body of a.'),
      'b/SKILL.md': skillMd('b', '', 'Body of b.'),
    });
    const git = await source();
    await git.sync();
    await repository.commit({ 'b/SKILL.md': null });
    await git.sync();
    const bodies = async (): Promise<string[]> => {
      const rows = await testDatabase.database.anyFirst(
        sql.type(z.object({ bytes: z.instanceof(Buffer) }))`select bytes from content`,
      );
      return rows.map(String).filter((text) => text.includes('Body of'));
    };
    await purge(testDatabase.database, { tombstonesMs: 0 });
    expect(await bodies()).toHaveLength(2);
    await testDatabase.database.query(sql.type(z.object({}))`update content set stored_at = now() - interval '2 days'`);
    await purge(testDatabase.database, { tombstonesMs: 0 });
    expect(await bodies()).toEqual([expect.stringContaining('Body of a.')]);
    expect([...(await documents(git)).keys()].map(kindOfName)).toEqual(['skill']);
  });
});
