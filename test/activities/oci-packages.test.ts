/** The files of `oci` packages that documents name, read from a registry on this machine. */
import { gzipSync } from 'node:zlib';
import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listDueEntries, storeReadings } from '../../db/contents/package-readings.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type OciUpstream, startOciRegistry, tarGz } from '../upstreams/oci-registry.ts';
import { originOf, PackageSources, SKILL } from './package-sources.ts';
import { skillMd } from '../sources/scanned-repository.ts';

let testDatabase: TestDatabase;
let sources: PackageSources;
let registry: OciUpstream;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  sources = new PackageSources(testDatabase.database);
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  registry = await startOciRegistry();
  return async () => await registry.close();
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
    const source = await sources.of(
      originOf([
        { packages: [{ registryType: 'oci', identifier, digest }] },
        { packages: [{ registryType: 'oci', identifier: `${identifier}:multi@${index}` }], name: 'multi' },
      ]),
    );
    await source.sync();
    expect(await source.readPackages()).toEqual({ read: 2, kept: 0, failed: 0 });
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual(files);
    expect(await sources.filesOf('skill:com.example/multi', source)).toEqual(files);
    expect(await sources.finds('zanzibarine')).toBe(true);
    // A digest always has the same files, so no request is needed.
    const before = registry.requests.length;
    await sources.passTime();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 0, failed: 0 });
    expect(registry.requests.length).toBe(before);
  });

  test('with a tag is asked for with HEAD, and downloaded again only if the tag has moved', async () => {
    const first = registry.push('acme/pdf:1', [await layer()]);
    const identifier = `${registry.host}/acme/pdf:1`;
    const source = await sources.of(originOf([{ packages: [{ registryType: 'oci', identifier }] }]));
    await source.sync();
    await source.readPackages();
    expect((await sources.served()).reading?.package).toBe(`${registry.host}/acme/pdf@${first}`);
    registry.requests.length = 0;
    await sources.passTime();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 1, failed: 0 });
    expect(registry.requests.filter((request) => !request.includes('/token'))).toEqual([
      'HEAD /v2/acme/pdf/manifests/1',
      'HEAD /v2/acme/pdf/manifests/1',
    ]);
    const second = registry.push('acme/pdf:1', [await tarGz([{ name: 'SKILL.md', content: skillMd('pdf') }])]);
    await sources.passTime();
    expect(await source.readPackages()).toEqual({ read: 1, kept: 0, failed: 0 });
    expect((await sources.served()).reading?.package).toBe(`${registry.host}/acme/pdf@${second}`);
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual({ 'SKILL.md': skillMd('pdf') });
  });

  test('is asked for again soon if its registry fails, and served as soon as it works', async () => {
    const digest = registry.push('acme/pdf:1', [await layer()]);
    const identifier = `${registry.host}/acme/pdf`;
    const source = await sources.of(originOf([{ packages: [{ registryType: 'oci', identifier, digest }] }]));
    registry.failWith = 503;
    await source.sync();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 0, failed: 1 });
    expect((await sources.served()).reading?.fault).toMatch(/answered 503/);
    registry.failWith = undefined;
    const wait = z.object({ minutes: z.number() });
    const waited = await testDatabase.database.anyFirst(sql.type(wait)`
      select round(extract(epoch from due_at - read_at) / 60)::integer as minutes from package_reading
      where fault like '%answered 503%'`);
    expect(waited).toEqual([10]);
    await sources.passTime();
    expect(await source.readPackages()).toEqual({ read: 1, kept: 0, failed: 0 });
    expect((await sources.served()).reading?.fault).toBeNull();
    expect(await sources.filesOf('skill:com.example/pdf', source)).toEqual(files);
  });

  test('is read again if its entry changes meanwhile', async () => {
    const digest = registry.push('acme/pdf:1', [await layer()]);
    const packages = [{ registryType: 'oci', identifier: `${registry.host}/acme/pdf`, digest }];
    const source = await sources.of(originOf([{ packages }]));
    await source.sync();
    const due = { sourceName: source.definition.name, limit: 10 };
    const [before] = await listDueEntries(testDatabase.database, due);
    await source.redefine({ origin: originOf([{ packages, title: 'New' }]) });
    await source.sync();
    const stale = { package: null, files: [], searchedText: undefined, verification: null, failures: 0 };
    const reading = { ...stale, entry: before!, named: Buffer.alloc(32), fault: 'stale', againAfterMs: null };
    await storeReadings(testDatabase.database, before!.sourceId, [reading]);
    expect((await sources.served()).reading).toBeNull();
    expect(await listDueEntries(testDatabase.database, due)).toMatchObject([{ title: 'New' }]);
    expect(await source.readPackages()).toMatchObject({ failed: 0 });
    expect((await sources.served()).reading?.fault).toBeNull();
  });

  test('of a registry that fails is not asked for once per entry', async () => {
    const skills = Array.from({ length: 30 }, (_, index) => ({
      name: `pdf-${index}`,
      packages: [{ registryType: 'oci', identifier: `${registry.host}/acme/pdf-${index}:1` }],
    }));
    const source = await sources.of(originOf(skills));
    registry.failWith = 503;
    await source.sync();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 0, failed: 30 });
    expect(registry.requests.length).toBeLessThan(10);
    expect((await source.findings()).at(-1)?.reason).toMatch(/has just failed for other packages|answered 503/);
  });

  test('that is hostile or broken is a warning on its entry, with the reason', async () => {
    const good = { name: 'SKILL.md', content: SKILL };
    const faultOfLayers = async (...layers: readonly Buffer[]): Promise<string | null | undefined> => {
      registry.push('acme/bad:1', layers);
      return await sources.faultOf({ registryType: 'oci', identifier: `${registry.host}/acme/bad:1` });
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
    expect(await sources.faultOf(bad)).toMatch(/sends bytes that have another digest/);
    registry.redirectBlobsTo = 'https://10.0.0.1/blobs';
    expect(await sources.faultOf(bad)).toMatch(/https:\/\/10\.0\.0\.1 resolves to an address that is not public/);
    expect(await sources.faultOf({ ...bad, identifier: `${registry.host}/acme/none:1` })).toMatch(/has no tag 1/);
    expect(await sources.faultOf({ ...bad, identifier: 'ubuntu' })).toMatch(
      /isn't an image with the name of its registry/,
    );
    expect(await sources.faultOf({ ...bad, identifier: '192.168.0.1/acme/pdf:1' })).toMatch(/not public/);
  }, 120_000);

  test('of another registry type has no files, and the entry no result', async () => {
    const source = await sources.of(originOf([{ packages: [{ registryType: 'npm', identifier: 'pdf' }] }]));
    await source.sync();
    expect(await source.readPackages()).toEqual({ read: 0, kept: 0, failed: 0 });
    expect((await sources.served()).reading).toEqual({ package: null, fault: null, verification: null });
    expect(await source.sync()).not.toHaveProperty('packages');
  });
});
