/** The files of packages that documents name, read from real Git over HTTP and from an OCI registry on this machine. */
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { OutboundGuard } from '../../outbound/guard.ts';
import type { SourceOrigin } from '../../registry/source-definition.ts';
import type { EntryRow } from '../../db/entries/entries.ts';
import { entriesOf } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { type OciUpstream, startOciRegistry, tarGz } from '../upstreams/oci-registry.ts';
import { skillMd } from './scanned-repository.ts';
import { SourceUnderTest } from './source-under-test.ts';

let testDatabase: TestDatabase;
let root: string;
let server: GitHttpServer;
let registry: OciUpstream;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  root = await mkdtemp(join(tmpdir(), 'packages-'));
  server = await startGitHttp({ root });
});
afterAll(async () => {
  await server.close();
  await testDatabase.drop();
  await rm(root, { recursive: true });
});
beforeEach(async () => {
  registry = await startOciRegistry();
  return async () => await registry.close();
});

type Document = Readonly<Record<string, unknown>>;

function originOf(skills: readonly Document[], plugins: readonly Document[] = []): SourceOrigin {
  const complete = (document: Document): object => ({
    namespace: 'com.example',
    name: 'pdf',
    description: 'Reads PDF files.',
    version: '1.0.0',
    ...document,
  });
  const data = { servers: [], skills: skills.map(complete), plugins: plugins.map(complete) };
  return { kind: 'file', location: { data: JSON.stringify({ data }) } };
}

/** A source whose documents are these. Packages of this machine can be read. */
async function sourceOf(origin: SourceOrigin): Promise<SourceUnderTest> {
  const { definition } = await SourceUnderTest.of(testDatabase.database, origin);
  return new SourceUnderTest(testDatabase.database, definition, new OutboundGuard({ allow: ['127.0.0.1'] }));
}

/** Syncs a skill with one package, and returns why its files can't be stored. */
async function faultOf(named: Document): Promise<string | null | undefined> {
  const source = await sourceOf(originOf([{ packages: [named] }]));
  await source.sync();
  expect(await source.readPackages()).toMatchObject({ read: 0, failed: 1 });
  expect(await filesOf('skill:com.example/pdf', source)).toEqual({});
  return (await served()).reading?.fault;
}

async function served(kind: 'skill' | 'plugin' = 'skill'): Promise<EntryRow> {
  const [entry] = await entriesOf(testDatabase.database, { kind });
  return entry!;
}

const fileRow = z.object({ path: z.string(), bytes: z.instanceof(Buffer), executable: z.boolean() });

/** The texts of stored files by path. Executable ones have an asterisk. */
async function filesOf(name: string, { definition }: SourceUnderTest): Promise<Record<string, string>> {
  const rows = await testDatabase.database.any(sql.type(fileRow)`
    select path, bytes, executable from entry_file join content using (digest) join entry on entry.id = entry_id
    join source on source.id = source_id
    where source.name = ${definition.name} and entry.name = ${name} and path <> '' order by path`);
  return Object.fromEntries(rows.map(({ path, bytes, executable }) => [executable ? `${path}*` : path, String(bytes)]));
}

async function passTime(): Promise<void> {
  await testDatabase.database.query(sql.type(z.object({}))`
    update package_reading set due_at = due_at - interval '25 hours' where due_at < 'infinity'`);
}

async function isFound(search: string): Promise<boolean> {
  return (await entriesOf(testDatabase.database, { kind: 'skill', search })).length > 0;
}

const SKILL = skillMd('pdf', '', 'Use it for zanzibarine layouts.\n');

describe('a git package', () => {
  test('is read at its commit: the files of its folder, once for all entries that name it', async () => {
    const repository = await GitRepository.create(root, 'acme/tools.git');
    await repository.commit({ 'skills/pdf/SKILL.md': SKILL, 'skills/pdf/run.sh': '#!/bin/sh\r\n', 'other/x': 'x' });
    await chmod(join(repository.workTree, 'skills/pdf/run.sh'), 0o755);
    const commit = await repository.commit({ 'README.md': 'Tools' });
    await repository.commit({ 'skills/pdf/SKILL.md': skillMd('pdf', '', 'Later.\n') });
    const git = { registryType: 'git', url: server.url('acme/tools.git'), commit, subfolder: 'skills/pdf/' };
    const source = await sourceOf(
      originOf([{ packages: [git] }, { packages: [git], name: 'copy' }], [{ packages: [{ ...git, subfolder: '.' }] }]),
    );
    expect(await source.sync()).toMatchObject({ packages: true });
    expect(await isFound('zanzibarine')).toBe(false);
    const { read, kept, failed } = await source.readPackages();
    expect([read + kept, failed]).toEqual([3, 0]);
    const files = { 'SKILL.md': SKILL, 'run.sh*': '#!/bin/sh\r\n' };
    expect(await filesOf('skill:com.example/pdf', source)).toEqual(files);
    expect(await filesOf('skill:com.example/copy', source)).toEqual(files);
    expect(Object.keys(await filesOf('plugin:com.example/pdf', source))).toEqual([
      'README.md',
      'other/x',
      'skills/pdf/SKILL.md',
      'skills/pdf/run.sh*',
    ]);
    expect(await isFound('ZANZIBARINE')).toBe(true);
    expect((await served('plugin')).reading).toEqual({
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
    expect(await filesOf('skill:com.example/pdf', source)).toEqual(files);
    expect(await source.readPackages()).toMatchObject({ read: 0, failed: 0 });
    expect(await filesOf('skill:com.example/new', source)).toEqual(files);
    expect(await isFound('zanzibarine')).toBe(true);
    expect(server.requests.length).toBe(before);
    expect(await source.sync()).not.toHaveProperty('packages');
  });

  test('without a commit follows its branch or tag, and keeps its files while that cannot be asked for', async () => {
    const repository = await GitRepository.create(root, 'acme/moving.git');
    await repository.commit({ 'SKILL.md': skillMd('pdf', '', 'First.\n') });
    await repository.git('tag', '--annotate', '--message', 'One', 'v1');
    await repository.git('push', '--quiet', 'origin', 'v1');
    const url = server.url('acme/moving.git');
    const source = await sourceOf(
      originOf([
        { packages: [{ registryType: 'git', url }] },
        { name: 'tagged', packages: [{ registryType: 'git', url, ref: 'v1' }] },
      ]),
    );
    await source.sync();
    await source.readPackages();
    const second = skillMd('pdf', '', 'Second.\n');
    const commit = await repository.commit({ 'SKILL.md': second });
    await passTime();
    expect(await source.readPackages()).toEqual({ read: 1, kept: 1, failed: 0 });
    expect(await filesOf('skill:com.example/pdf', source)).toEqual({ 'SKILL.md': second });
    expect(await filesOf('skill:com.example/tagged', source)).toEqual({ 'SKILL.md': skillMd('pdf', '', 'First.\n') });
    expect((await served()).reading?.package).toBe(`${url}@${commit}`);

    await rm(repository.path, { recursive: true });
    await passTime();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 0, failed: 2 });
    expect(await filesOf('skill:com.example/pdf', source)).toEqual({ 'SKILL.md': second });
    expect((await served()).reading?.fault).toMatch(/there is no such repository/);
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
    expect(await faultOf({ ...git, subfolder: 'link' })).toMatch(/the skill has "secret", which is a symbolic link/);
    expect(await faultOf({ ...git, subfolder: 'many' })).toBe('the skill has more than 512 files');
    expect(await faultOf({ ...git, subfolder: 'large' })).toBe('the skill has more than 16 MiB of files');
    expect(await faultOf({ ...git, subfolder: 'none' })).toBe('the skill has no SKILL.md');
    expect(await faultOf({ ...git, subfolder: 'escape' })).toMatch(/which leads out of its folder/);
    expect(await faultOf({ ...git, subfolder: 'absent' })).toMatch(/has no files in the folder absent at/);
    expect(await faultOf({ ...git, subfolder: '../x' })).toBe("../x isn't a folder in a repository");
    expect(await faultOf({ ...git, commit: 'abc' })).toBe("abc isn't the full ID of a commit");
    expect(await faultOf({ ...git, commit: undefined, ref: '--upload-pack=x' })).toMatch(/isn't the name of a branch/);
    expect(await faultOf({ ...git, commit: undefined, ref: 'nope' })).toMatch(/has no branch or tag nope/);
    expect(await faultOf({ ...git, url: 'file:///etc' })).toMatch(/doesn't have an https:\/\/ URL/);
    expect(await faultOf({ ...git, url: 'ext::sh -c id' })).toMatch(/doesn't have an https:\/\/ URL/);
    expect(await faultOf({ ...git, url: 'https://user:pw@127.0.0.1/x' })).toMatch(/has credentials/);
    expect(await faultOf({ ...git, url: 'https://10.0.0.1/acme/x' })).toMatch(/not public/);

    const source = await sourceOf(originOf([{ packages: [{ ...git, subfolder: 'many' }] }]));
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
  });
});

describe('an oci package', () => {
  const layer = (): Promise<Buffer> =>
    tarGz([
      { name: './', type: 'directory' },
      { name: './SKILL.md', content: SKILL },
      { name: './scripts/', type: 'directory' },
      { name: './scripts/run.sh', content: '#!/bin/sh', mode: 0o755 },
    ]);
  const files = { 'SKILL.md': SKILL, 'scripts/run.sh*': '#!/bin/sh' };

  test('is read at its digest, from an artifact or from an index', async () => {
    const digest = registry.push('acme/pdf:1', [await layer()]);
    const index = registry.pushIndex('acme/pdf:multi', digest);
    const identifier = `${registry.host}/acme/pdf`;
    const source = await sourceOf(
      originOf([
        { packages: [{ registryType: 'oci', identifier, digest }] },
        { packages: [{ registryType: 'oci', identifier: `${identifier}:multi@${index}` }], name: 'multi' },
      ]),
    );
    await source.sync();
    expect(await source.readPackages()).toEqual({ read: 2, kept: 0, failed: 0 });
    expect(await filesOf('skill:com.example/pdf', source)).toEqual(files);
    expect(await filesOf('skill:com.example/multi', source)).toEqual(files);
    expect(await isFound('zanzibarine')).toBe(true);
    // A digest always has the same files, so no request is needed.
    const before = registry.requests.length;
    await passTime();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 0, failed: 0 });
    expect(registry.requests.length).toBe(before);
  });

  test('with a tag is asked for with HEAD, and downloaded again only if the tag has moved', async () => {
    const first = registry.push('acme/pdf:1', [await layer()]);
    const identifier = `${registry.host}/acme/pdf:1`;
    const source = await sourceOf(originOf([{ packages: [{ registryType: 'oci', identifier }] }]));
    await source.sync();
    await source.readPackages();
    expect((await served()).reading?.package).toBe(`${registry.host}/acme/pdf@${first}`);
    registry.requests.length = 0;
    await passTime();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 1, failed: 0 });
    expect(registry.requests.filter((request) => !request.includes('/token'))).toEqual([
      'HEAD /v2/acme/pdf/manifests/1',
      'HEAD /v2/acme/pdf/manifests/1',
    ]);
    const second = registry.push('acme/pdf:1', [await tarGz([{ name: 'SKILL.md', content: skillMd('pdf') }])]);
    await passTime();
    expect(await source.readPackages()).toEqual({ read: 1, kept: 0, failed: 0 });
    expect((await served()).reading?.package).toBe(`${registry.host}/acme/pdf@${second}`);
    expect(await filesOf('skill:com.example/pdf', source)).toEqual({ 'SKILL.md': skillMd('pdf') });
  });

  test('is asked for again soon if its registry fails, and served as soon as it works', async () => {
    const digest = registry.push('acme/pdf:1', [await layer()]);
    const identifier = `${registry.host}/acme/pdf`;
    const source = await sourceOf(originOf([{ packages: [{ registryType: 'oci', identifier, digest }] }]));
    registry.failWith = 503;
    await source.sync();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 0, failed: 1 });
    expect((await served()).reading?.fault).toMatch(/answered 503/);
    registry.failWith = undefined;
    const wait = z.object({ minutes: z.number() });
    const waited = await testDatabase.database.anyFirst(sql.type(wait)`
      select round(extract(epoch from due_at - read_at) / 60)::integer as minutes from package_reading
      where fault like '%answered 503%'`);
    expect(waited).toEqual([10]);
    await passTime();
    expect(await source.readPackages()).toEqual({ read: 1, kept: 0, failed: 0 });
    expect((await served()).reading?.fault).toBeNull();
    expect(await filesOf('skill:com.example/pdf', source)).toEqual(files);
  });

  test('that is hostile or broken is a warning on its entry, with the reason', async () => {
    const good = { name: 'SKILL.md', content: SKILL };
    const faultOfLayers = async (...layers: readonly Buffer[]): Promise<string | null | undefined> => {
      registry.push('acme/bad:1', layers);
      return await faultOf({ registryType: 'oci', identifier: `${registry.host}/acme/bad:1` });
    };
    expect(await faultOfLayers(await tarGz([good, { name: '../evil', content: 'x' }]))).toBe(
      'the skill has "../evil", which leads out of its folder',
    );
    expect(await faultOfLayers(await tarGz([good, { name: '/etc/passwd', content: 'x' }]))).toMatch(/leads out of/);
    expect(await faultOfLayers(await tarGz([good, { name: 'a', type: 'symlink', linkname: '/etc/passwd' }]))).toMatch(
      /the skill has "a", which is a symbolic link/,
    );
    expect(await faultOfLayers(await tarGz([good, { name: 'a', type: 'link', linkname: 'SKILL.md' }]))).toMatch(/link/);
    expect(await faultOfLayers(await tarGz([good, { name: 'tty', type: 'character-device' }]))).toMatch(/"tty"/);
    expect(await faultOfLayers(await tarGz([good, good]))).toMatch(/two files that are the same/);
    expect(await faultOfLayers(await tarGz([good]), await tarGz([good]))).toMatch(/two files that are the same/);
    const many = Array.from({ length: 513 }, (_, index) => ({ name: `f${index}`, content: 'x' }));
    expect(await faultOfLayers(await tarGz(many))).toBe('the skill has more than 512 files');
    // Compressed, these are a few hundred KiB.
    const zeros = Buffer.alloc(17 * 1024 * 1024);
    expect(await faultOfLayers(await tarGz([good, { name: 'zeros', content: zeros }]))).toBe(
      'the skill has more than 16 MiB of files',
    );
    expect(await faultOfLayers(gzipSync(Buffer.alloc(256 * 1024 * 1024)))).toBe(
      'the skill has more than 16 MiB of files',
    );
    expect(await faultOfLayers(await tarGz([{ name: 'README.md', content: 'x' }]))).toBe('the skill has no SKILL.md');
    expect(await faultOfLayers(Buffer.from('not an archive'))).toMatch(/isn't a tar file/);
    expect(await faultOfLayers((await tarGz([good])).subarray(0, 60))).toMatch(/isn't a tar file/);
    expect(await faultOfLayers()).toMatch(/has 0 layers/);

    registry.push('acme/bad:1', [await tarGz([good])]);
    for (const [digest, bytes] of registry.blobs) if (bytes[0] === 0x1f) registry.blobs.set(digest, gzipSync('other'));
    const bad = { registryType: 'oci', identifier: `${registry.host}/acme/bad:1` };
    expect(await faultOf(bad)).toMatch(/sends bytes that have another digest/);
    registry.redirectBlobsTo = 'https://10.0.0.1/blobs';
    expect(await faultOf(bad)).toMatch(/https:\/\/10\.0\.0\.1 resolves to an address that is not public/);
    expect(await faultOf({ ...bad, identifier: `${registry.host}/acme/none:1` })).toMatch(/has no tag 1/);
    expect(await faultOf({ ...bad, identifier: 'ubuntu' })).toMatch(/isn't an image with the name of its registry/);
    expect(await faultOf({ ...bad, identifier: '192.168.0.1/acme/pdf:1' })).toMatch(/not public/);
  });

  test('of another registry type has no files, and the entry no result', async () => {
    const source = await sourceOf(originOf([{ packages: [{ registryType: 'npm', identifier: 'pdf' }] }]));
    await source.sync();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 0, failed: 0 });
    expect((await served()).reading).toEqual({ package: null, fault: null, verification: null });
    expect(await source.sync()).not.toHaveProperty('packages');
  });
});
