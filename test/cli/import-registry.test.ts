/** `rollcall import registry`: copies another registry into a managed source. The tests build on each other. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Item, labels, official, readJson, readPage } from '../api/items.ts';
import { type PublishingApi, startPublishingApi } from '../api/publishing-api.ts';
import { source } from '../db/sync-source.ts';
import { RegistryUpstream } from '../upstreams/registry-upstream.ts';
import { type CommandResult, startRollcall } from './rollcall-process.ts';

let publishing: PublishingApi;
let origin: RegistryUpstream;
let folder: string;

beforeAll(async () => {
  publishing = await startPublishingApi(source('own', 'managed'));
  origin = await RegistryUpstream.start();
  origin.maxLimit = 2;
  origin.clampsLimit = true; // several pages
  origin.put('com.example/weather', '1.0.0', { status: 'deprecated' });
  origin.put('com.example/weather', '1.1.0');
  origin.put('com.example/clock', '2.0.0');
  origin.put('com.example/gone', '1.0.0', { status: 'deleted' });
  folder = await mkdtemp(join(tmpdir(), 'rollcall-import-'));
});

afterAll(async () => {
  await publishing?.end();
  await origin?.close();
  await rm(folder, { recursive: true, force: true });
});

function runImport(...parameters: readonly string[]): Promise<CommandResult> {
  const environment = {
    ROLLCALL_SERVER: publishing.api.url,
    ROLLCALL_TOKEN: 'of-this-registry',
    XDG_CONFIG_HOME: folder,
  };
  return startRollcall(environment, 'import', 'registry', origin.url, ...parameters).ended;
}

test('--dry-run lists the versions and changes nothing', async () => {
  const { status, stdout } = await runImport('--dry-run');
  expect(status).toBe(0);
  expect(stdout.trim().split('\n').toSorted()).toEqual([
    'com.example/clock 2.0.0',
    'com.example/weather 1.0.0',
    'com.example/weather 1.1.0',
  ]);
  expect(labels(await readPage(publishing.api, '/v0.1/servers'))).toEqual([]);
});

test('copies all versions of all pages, with their deprecation', async () => {
  const { status, stdout, stderr } = await runImport();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('3 published, 0 already existing, 0 refused');
  expect(labels(await readPage(publishing.api, '/v0.1/servers'))).toEqual([
    'com.example/clock@2.0.0',
    'com.example/weather@1.0.0',
    'com.example/weather@1.1.0',
  ]);
  const old = await readJson<Item>(publishing.api, '/v0.1/servers/com.example%2Fweather/versions/1.0.0');
  expect(official(old)).toMatchObject({ status: 'deprecated', isLatest: false });
});

test('sends its own token only to its own registry', () => {
  expect(origin.headers.length).toBeGreaterThan(1);
  expect(origin.headers.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
});

test('can be repeated, and reports versions that are refused', async () => {
  origin.put('com.example/broken', 'latest');
  const { status, stdout, stderr } = await runImport();
  expect(status).toBe(1);
  expect(stdout).toContain('0 published, 3 already existing, 1 refused');
  expect(stdout).toMatch(/refused +com\.example\/broken latest: [\s\S]*must be a specific version/);
  expect(stderr).toContain('Some versions were refused');
});
