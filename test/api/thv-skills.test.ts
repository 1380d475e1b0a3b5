/** `thv skill` and `thv ai-plugin`, unmodified, against the registry API. */
import { readFile, rm, mkdtemp } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';
import type { SourceDefinition, SourceOrigin } from '../../registry/source-definition.ts';
import { skillMd } from '../sources/scanned-repository.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';
import { useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { THV } from '../go-program.ts';
import { type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { type RunningApi, startApi } from './running-api.ts';
import { startThvHome, type Thv, type ThvHome } from './thv-home.ts';

const SKILL = skillMd('pdf', 'version: 1.0.0\n', '# How to fill in forms\n');
/** So that clients may use plain HTTP and this machine. */
const DEVELOPMENT = { TOOLHIVE_DEV: 'true' };

let root: string;
let git: GitHttpServer;
let images: Server;
/** Requests to the registry of images, which has none. */
const asked: string[] = [];
let testDatabase: TestDatabase;
let api: RunningApi;
let home: ThvHome;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'thv-skills-'));
  git = await startGitHttp({ root });
  const repository = await GitRepository.create(root, 'acme/tools.git');
  await repository.commit({
    'skills/pdf/SKILL.md': SKILL,
    'skills/pdf/scripts/run.sh': '#!/bin/sh\n',
    'plugins/formatter/.claude-plugin/plugin.json': '{"name":"formatter","description":"Formats.","version":"3.1.0"}',
  });
  images = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[{"code":"NAME_UNKNOWN"}]}');
  });
  await new Promise<void>((resolve) => images.listen(0, '127.0.0.1', resolve));
  testDatabase = await createTestDatabase();
  const sources = [
    definition('tools', { kind: 'git', repository: git.url('acme/tools.git'), scan: { namespace: 'com.example' } }),
    definition('inline', { kind: 'file', location: { data: JSON.stringify({ data: inlineEntries() }) } }),
  ];
  await useSources(testDatabase.database, ...sources);
  for (const source of sources) await new SourceUnderTest(testDatabase.database, source).sync();
  api = await startApi(testDatabase);
  home = await startThvHome();
});
afterAll(async () => {
  await home.end();
  await api.stop();
  await testDatabase.drop();
  images.closeAllConnections();
  images.close();
  await git.close();
  await rm(root, { recursive: true });
});

function definition(name: string, origin: SourceOrigin): SourceDefinition {
  return { name, origin, syncPolicy: { intervalMs: 60_000, maxRemoval: 1, deadlineMs: 60_000 } };
}

function inlineEntries(): object {
  const entry = (namespace: string, name: string, version = '1.0.0'): object => {
    const identifier = `127.0.0.1:${(images.address() as AddressInfo).port}/acme/${name}:${version}`;
    const packages = [{ registryType: 'oci', identifier }];
    return { namespace, name, description: `What ${name} does`, version, packages };
  };
  return {
    skills: [
      // More than a page of names that contain the one that is looked for.
      ...Array.from({ length: 120 }, (_, index) => entry('com.example', `a-zip-${index}`)),
      entry('com.example', 'zip', '1.0.0'),
      entry('com.example', 'zip', '1.1.0'),
      entry('com.example', 'twin'),
      entry('org.example', 'twin'),
    ],
    plugins: [entry('com.example', 'lint', '2.0.0')],
  };
}

/** The commands ask `thv serve`, which asks the registry. */
async function serving(context: TestContext): Promise<{ readonly thv: Thv; readonly url: string }> {
  const setUp = await home.find(context, DEVELOPMENT);
  await setUp('config', 'set-registry', api.url, '--allow-private-ip');
  const url = await home.serve(context, DEVELOPMENT);
  return { thv: await home.find(context, { TOOLHIVE_API_URL: url }), url };
}

test(
  'thv finds, installs, lists, and removes skills and plugins',
  { timeout: THV.buildTimeoutMs + 120_000 },
  async (context) => {
    const { thv, url } = await serving(context);
    const clients = ['--clients', 'claude-code'];

    // All pages.
    const listed = await fetch(`${url}/registry/default/v0.1/x/dev.toolhive/skills?limit=200`);
    expect(await listed.json()).toMatchObject({ metadata: { total: 124 } });
    const plugin = await fetch(`${url}/registry/default/v0.1/x/dev.toolhive/plugins/com.example/formatter`);
    expect(await plugin.json()).toMatchObject({ name: 'formatter', version: '3.1.0', status: 'active' });
    const absent = await fetch(`${url}/registry/default/v0.1/x/dev.toolhive/skills/com.example/absent`);
    expect(absent.status).toBe(404);

    expect(await thv('skill', 'install', 'pdf', ...clients)).toContain('Installed pdf');
    expect(await readFile(join(home.folder, '.claude/skills/pdf/SKILL.md'), 'utf8')).toBe(SKILL);
    expect(await thv('skill', 'list')).toMatch(
      /^pdf +1\.0\.0 +user +installed +claude-code +git:.*tools\.git#skills\/pdf$/m,
    );
    expect(await thv('skill', 'info', 'pdf')).toMatch(/^Version: +1\.0\.0$/m);
    await thv('skill', 'uninstall', 'pdf');
    expect(await thv('skill', 'list')).toContain('No skills installed');

    // The name is resolved to the artifact of its latest version, which this registry of images doesn't have.
    await expect(thv('skill', 'install', 'zip', ...clients)).rejects.toThrow('pulling OCI artifact');
    await expect(thv('skill', 'install', 'com.example/zip', ...clients)).rejects.toThrow('pulling OCI artifact');
    await expect(thv('ai-plugin', 'install', 'lint', ...clients)).rejects.toThrow('pulling OCI artifact');
    const manifests = ['GET /v2/acme/zip/manifests/1.1.0', 'GET /v2/acme/lint/manifests/2.0.0'];
    expect(asked).toEqual(expect.arrayContaining(manifests));

    await expect(thv('skill', 'install', 'twin', ...clients)).rejects.toThrow('com.example/twin, org.example/twin');
    await expect(thv('skill', 'install', 'absent', ...clients)).rejects.toThrow('not found in local store or registry');
    // It installs plugins from OCI artifacts only.
    await expect(thv('ai-plugin', 'install', 'formatter', ...clients)).rejects.toThrow(
      'has no installable OCI package',
    );
    await expect(thv('ai-plugin', 'install', 'absent', ...clients)).rejects.toThrow('not found');
  },
);
