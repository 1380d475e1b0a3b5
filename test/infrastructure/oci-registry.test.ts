/** Files of an `oci` package, read from Distribution, the reference implementation of OCI registries. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findFreePort } from '../../embedded/free-port.ts';
import { OutboundGuard } from '../../outbound/guard.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';
import { skillMd } from '../sources/scanned-repository.ts';
import { entriesOf } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { tarGz } from '../upstreams/oci-registry.ts';
import { findProgram, whySkipped } from './programs.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const distribution = await findProgram('docker-registry', 'the package `docker-registry`');
const skipped = whySkipped(distribution);

describe.skipIf(skipped !== '')(`a registry of images${skipped}`, () => {
  let folder: string;
  let url: string;
  let testDatabase: TestDatabase;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    if ('missing' in distribution) throw new Error(distribution.missing);
    folder = await mkdtemp(join(tmpdir(), 'distribution-'));
    const port = await findFreePort();
    url = `http://127.0.0.1:${port}`;
    const configuration = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: folder } },
      http: { addr: `127.0.0.1:${port}` },
    };
    await writeFile(join(folder, 'config.yml'), JSON.stringify(configuration));
    const child = spawn(distribution.path, ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    stop = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    await vi.waitFor(() => fetch(`${url}/v2/`), { timeout: 60_000, interval: 50 });
    testDatabase = await createTestDatabase();
  }, 120_000);
  afterAll(async () => {
    await stop?.();
    await testDatabase?.drop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  /** Uploads bytes in one piece, as clients do. */
  async function upload(bytes: Buffer): Promise<{ digest: string; size: number }> {
    const digest = `sha256:${hash('sha256', bytes, 'hex')}`;
    const begun = await fetch(`${url}/v2/acme/pdf/blobs/uploads/`, { method: 'POST' });
    const place = new URL(begun.headers.get('location')!, url);
    place.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    expect((await fetch(place, { method: 'PUT', body: new Uint8Array(bytes), headers })).status).toBe(201);
    return { digest, size: bytes.length };
  }

  async function push(tag: string, skill: string): Promise<string> {
    const layer = await upload(await tarGz([{ name: 'SKILL.md', content: skill }]));
    const config = await upload(Buffer.from('{}'));
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer }],
    });
    const pushed = await fetch(`${url}/v2/acme/pdf/manifests/${tag}`, {
      method: 'PUT',
      body,
      headers: { 'content-type': MANIFEST },
    });
    expect(pushed.status).toBe(201);
    return pushed.headers.get('docker-content-digest')!;
  }

  test('gives the files of the digest that a tag has', async () => {
    const digest = await push('1', skillMd('pdf', '', 'About zanzibarine layouts.\n'));
    const { host } = new URL(url);
    const packages = [{ registryType: 'oci', identifier: `${host}/acme/pdf:1` }];
    const skill = { namespace: 'com.example', name: 'pdf', description: 'PDF.', version: '1.0.0', packages };
    const data = JSON.stringify({ data: { servers: [], skills: [skill] } });
    const { definition } = await SourceUnderTest.of(testDatabase.database, { kind: 'file', location: { data } });
    const guard = new OutboundGuard({ allow: ['127.0.0.1'] });
    const source = new SourceUnderTest(testDatabase.database, definition, guard);
    await source.sync();
    expect(await source.readPackages()).toEqual({ read: 1, kept: 0, failed: 0 });
    const [entry] = await entriesOf(testDatabase.database, { kind: 'skill', search: 'zanzibarine' });
    expect(entry?.reading).toEqual({ package: `${host}/acme/pdf@${digest}`, fault: null, verification: null });
  });
});
