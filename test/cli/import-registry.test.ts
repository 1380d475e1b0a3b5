/** `rollcall import registry`: copies another registry into a managed source. The tests build on each other. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Item, labels, official, readJson, readPage } from '../api/items.ts';
import { type PublishingApi, startPublishingApi } from '../api/publishing-api.ts';
import { type RunningApi, startApiOnFreshDatabase } from '../api/running-api.ts';
import { draft, skillDraft, source, sync, useSources } from '../db/sync-source.ts';
import { createLoopbackCertificate } from '../certificate-authority.ts';
import { RegistryUpstream } from '../upstreams/registry-upstream.ts';
import { type CommandResult, ROLLCALL, startRollcall } from './rollcall-process.ts';

let publishing: PublishingApi;
let origin: RegistryUpstream;
let folder: string;

beforeAll(async () => {
  publishing = await startPublishingApi(source('own', 'managed'), source('other'));
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
  return importFrom(origin.url, ...parameters);
}

function importFrom(url: string, ...parameters: readonly string[]): Promise<CommandResult> {
  return startRollcall(environment(), 'import', 'registry', url, ...parameters).ended;
}

function environment(): NodeJS.ProcessEnv {
  return { ROLLCALL_SERVER: publishing.api.url, ROLLCALL_TOKEN: 'of-this-registry', XDG_CONFIG_HOME: folder };
}

test('names the argument that is wrong', async () => {
  expect(await importFrom('nowhere')).toMatchObject({ status: 2, stderr: 'url: nowhere is not a URL\n' });
  const noTls = await importFrom(origin.url.replace('http:', 'https:'));
  expect(noTls.stderr).toMatch(
    /^Can't reach https:\S+ \(it doesn't use TLS; pass an http:\/\/ URL\)\. Check the URL, or pass a token for it with --from-token-file\n$/,
  );
});

test('advises --from-token-file if the other registry requires authentication or rejects its token', async () => {
  origin.answers.set(Infinity, (response) => response.writeHead(401).end('{"error":"unknown token"}'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'outdated');
  try {
    const hint = 'Check the URL, or pass a token for it with --from-token-file\n';
    expect((await runImport()).stderr).toBe(`${origin.url} requires authentication. ${hint}`);
    expect((await runImport('--from-token-file', tokenFile)).stderr).toBe(
      `${tokenFile} was rejected by ${origin.url}: unknown token. ${hint}`,
    );
  } finally {
    origin.answers.clear();
    origin.headers.length = 0;
  }
});

test('stops if the pages of the other registry never end, or if it has no list of servers', async () => {
  const page = JSON.stringify({ servers: [], metadata: { nextCursor: 'again' } });
  try {
    origin.answers.set(Infinity, (response) => response.end(page));
    const endless = await runImport();
    expect(endless).toMatchObject({ status: 1, stderr: expect.stringContaining('repeats a cursor') });
    expect(endless.stderr).toContain(`${origin.url}/v0.1/servers?limit=100&cursor=again`);

    origin.answers.set(Infinity, (response) => response.end('[]'));
    expect(await runImport()).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `${origin.url}/v0.1/servers?limit=100 did not answer with a list of servers: check the URL\n`,
    });
  } finally {
    origin.answers.clear();
    origin.headers.length = 0;
  }
});

test('trusts --ca-file for the other registry', async () => {
  const { authority, certificate, privateKey } = await createLoopbackCertificate();
  const caFile = join(folder, 'authority.pem');
  await writeFile(caFile, authority);
  const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    if (request.url?.startsWith('/v0.1/servers') !== true) return response.writeHead(404).end();
    return response.end(JSON.stringify({ servers: [{ server: { name: 'com.example/clock', version: '2.0.0' } }] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    expect((await importFrom(url, '--dry-run')).stderr).toMatch(
      /\(its certificate .*; pass the authority with --ca-file\)/,
    );
    const { stderr, stdout } = await importFrom(url, '--dry-run', '--ca-file', caFile);
    expect({ stderr, stdout }).toEqual({ stderr: '', stdout: 'com.example/clock 2.0.0\n' });
  } finally {
    server.close();
  }
});

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

test('reads a registry that answers without lists of skills and plugins', async () => {
  origin.omitsSkillLists = true;
  try {
    expect(await runImport('--dry-run')).toMatchObject({ status: 0, stderr: '' });
  } finally {
    origin.omitsSkillLists = false;
  }
});

test('copies all versions of all pages, with their deprecation, including one that another source has', async () => {
  await sync(publishing.test.database, { sourceName: 'other', entries: [draft('com.example/clock', '2.0.0')] });
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

test('reads --ca-file once, so that it can be a pipe', async () => {
  const caFile = join(folder, 'pipe.pem');
  await writeFile(caFile, (await createLoopbackCertificate()).authority);
  const script = '"$@" --ca-file <(cat "$CA_FILE")';
  const command = [process.execPath, ROLLCALL, 'import', 'registry', origin.url];
  const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', ...command], {
    env: { ...process.env, ...environment(), CA_FILE: caFile },
  });
  expect(stdout).toContain('0 published, 3 already existing, 0 refused');
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

describe('skills and plugins', () => {
  /** Entries in the form of ToolHive Registry Server. */
  const inToolhive = {
    id: '1b4e28ba',
    isLatest: true,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
  };
  const skill = { namespace: 'com.example', name: 'pdf', description: 'Fills in forms' };
  const skills = [
    { ...inToolhive, ...skill, version: '1.0.0', status: 'ARCHIVED', allowedTools: ['Read'] },
    { ...inToolhive, ...skill, version: '2.0.0', status: 'ACTIVE', metadata: { n: 1 } },
    { ...inToolhive, ...skill, name: 'zip', version: '1.0.0', status: 'DEPRECATED' },
  ];
  const plugin = { ...skill, version: '7.0.0' };
  const read = (path: string): Promise<Record<string, unknown>> =>
    readJson(publishing.api, `/v0.1/x/dev.toolhive/${path}`);

  test('are copied from a ToolHive Registry Server, without what it adds to their documents', async () => {
    origin.put('com.example/broken', 'latest', null);
    origin.skillLists = { skills, plugins: [{ ...inToolhive, ...plugin, status: 'ACTIVE' }] };
    const listed = await runImport('--dry-run');
    expect(listed.stdout).toContain('skill:com.example/pdf 2.0.0');
    expect(await read('skills')).toMatchObject({ metadata: { count: 0 } });

    const { status, stdout, stderr } = await runImport();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('4 published, 3 already existing, 0 refused');
    expect(stdout).toContain('published  plugin:com.example/pdf 7.0.0');
    const { _meta: _, ...latest } = await read('skills/com.example/pdf');
    expect(latest).toEqual({ ...skill, version: '2.0.0', status: 'active', metadata: { n: 1 } });
    const archived = { ...skill, version: '1.0.0', status: 'archived', allowedTools: ['Read'] };
    expect(await read('skills/com.example/pdf/versions/1.0.0')).toMatchObject(archived);
    expect(await read('skills/com.example/zip')).toMatchObject({ status: 'deprecated' });
    expect(await read('plugins/com.example/pdf')).toMatchObject({ ...plugin, status: 'active' });
    expect((await runImport()).stdout).toContain('0 published, 7 already existing, 0 refused');
  });

  test('are copied from another Rollcall, with statuses that differ from their documents', async () => {
    const other: RunningApi = await startApiOnFreshDatabase();
    try {
      await useSources(other.database, source('alpha'));
      const note = { status: 'archived', statusMessage: 'Use forms instead' } as const;
      const entries = [
        { ...skillDraft('skill', ['org.example/pdf', '1.0.0']), ...note },
        skillDraft('skill', ['org.example/pdf', '2.0.0'], { status: 'deprecated' }),
        { ...skillDraft('skill', ['org.example/gone', '1.0.0']), status: 'deleted' } as const,
        skillDraft('plugin', ['org.example/pdf', '1.0.0'], { metadata: { n: 1 } }),
        draft('org.example/server', '1.0.0'),
      ];
      await sync(other.database, { sourceName: 'alpha', entries });
      const { status, stdout } = await importFrom(other.url);
      expect(stdout).toContain('4 published, 0 already existing, 0 refused');
      expect(status).toBe(0);
    } finally {
      await other.stop();
    }
    const old = await read('skills/org.example/pdf/versions/1.0.0');
    expect(old['_meta']).toMatchObject({
      'dev.rollcall/entry': { status: 'archived', statusMessage: 'Use forms instead', documentStatus: null },
    });
    expect(await read('skills/org.example/pdf')).toMatchObject({ version: '2.0.0', status: 'deprecated' });
    expect(await read('plugins/org.example/pdf')).toMatchObject({ status: 'active', metadata: { n: 1 } });
  });
});
