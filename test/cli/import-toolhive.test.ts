/** `rollcall import toolhive`: copies the database of a ToolHive Registry Server. The tests build on each other. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Item, labels, official, readJson, readPage } from '../api/items.ts';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { rawRows } from '../db/raw-rows.ts';
import { source, useSources } from '../db/sync-source.ts';
import { createEmptyTestDatabase, createTestDatabase, type TestDatabase } from '../environment.ts';
import { type CommandResult, runRollcall } from './rollcall-process.ts';

type Skill = Readonly<Record<string, unknown>>;

let origin: TestDatabase;
let target: TestDatabase;
let api: RunningApi;
let folder: string;

beforeAll(async () => {
  origin = await createEmptyTestDatabase();
  const reader = pg.escapeIdentifier(origin.settings.user);
  await asOriginOwner(await readFile(new URL('../fixtures/toolhive/database.sql', import.meta.url), 'utf8'));
  await asOriginOwner(`grant select on all tables in schema public to ${reader}`);
  target = await createTestDatabase();
  await useSources(target.database, source('internal', 'managed'));
  api = await startApi(target);
  folder = await mkdtemp(join(tmpdir(), 'rollcall-import-'));
  const { host, port, user, password, database } = target.settings;
  await writeFile(join(folder, 'password.txt'), password ?? '');
  const settings = { host, port, user, passwordFile: join(folder, 'password.txt'), database, sslMode: 'disable' };
  const auth = { mode: 'anonymous' };
  const configuration = { sources: [{ name: 'internal', managed: {} }], database: settings, auth };
  await writeFile(join(folder, 'rollcall.yaml'), JSON.stringify({ ...configuration, audit: { enabled: true } }));
});

afterAll(async () => {
  await api?.stop();
  await target?.drop();
  await origin?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function asOriginOwner(statements: string): Promise<void> {
  const { host, port, user, password, database } = origin.ownerSettings;
  const client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}

function importFrom(database: string, ...parameters: readonly string[]): Promise<CommandResult> {
  const { host, port, user } = origin.settings;
  const url = `postgres://${user}@${host}:${port}/${database}?sslmode=disable`;
  const files = ['--password-file', join(folder, 'password.txt'), '--config', join(folder, 'rollcall.yaml')];
  return runRollcall('import', 'toolhive', url, ...files, ...parameters);
}

const runImport = (...parameters: readonly string[]): Promise<CommandResult> =>
  importFrom(origin.settings.database, ...parameters);

const servers = async (): Promise<readonly string[]> => labels(await readPage(api, '/v0.1/servers'));

test('--dry-run lists what would be imported and what would not, and changes nothing', async () => {
  const { status, stdout } = await runImport('--dry-run');
  expect(stdout.trim().split('\n')).toEqual([
    'source partners: would be imported',
    expect.stringMatching(/^source local: refused: file\.path: .+/),
    'registry approved: would be imported',
    expect.stringMatching(/^registry offline: refused: sources\[0\]: unknown source `local`/),
    'version com.example/weather 1.0.0: would be imported',
    'version com.example/clock 2.0.0: would be imported',
    expect.stringMatching(/^version com\.example\/moving latest: refused: version must not be "latest"/),
    'version com.example/secret 1.0.0: refused: its claims are neither texts nor lists of texts',
    'version com.example/weather 1.1.0: would be imported',
    'version skill:com.example/summaries 1.0.0: would be imported',
    'version skill:com.example/shared 1.0.0: would be imported',
    'version skill:org.example/shared 2.0.0: would be imported',
    'version plugin:com.example/summaries 3.0.0: would be imported',
    expect.stringMatching(/^version plugin:com\.example\/summaries latest: refused: version must not be "latest"/),
    'Not imported:',
    '  sources of the configuration file (1): Rollcall reads them from its own file',
    '  registries of the configuration file (1): Rollcall reads them from its own file',
    '  synced sources (2): Rollcall syncs their entries itself',
    '14 items: 9 would be imported, 0 already existing, 5 refused',
  ]);
  expect(status).toBe(1);
  expect(await servers()).toEqual([]);
  expect(await rawRows(target.database, 'select from audit_event')).toEqual([]);
});

describe('an import', () => {
  test('copies versions with their documents and dates', async () => {
    const { status, stdout } = await runImport();
    expect(stdout).toContain('14 items: 9 imported, 0 already existing, 5 refused');
    expect(status).toBe(1);
    expect(await servers()).toEqual([
      'com.example/clock@2.0.0',
      'com.example/weather@1.0.0',
      'com.example/weather@1.1.0',
    ]);
    const newest = await readJson<Item>(api, '/v0.1/servers/com.example%2Fweather/versions/latest');
    expect(official(newest)).toMatchObject({
      status: 'active',
      publishedAt: '2026-03-01T10:00:00Z',
      updatedAt: '2026-03-02T11:30:00Z',
      isLatest: true,
    });
    expect(newest.server).toEqual({
      $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
      name: 'com.example/weather',
      title: 'Weather',
      description: 'Better forecasts',
      version: '1.1.0',
      websiteUrl: 'https://weather.example.com',
      repository: { url: 'https://github.com/example/weather', source: 'github', subfolder: 'servers/weather' },
      icons: [{ src: 'https://weather.example.com/icon.png', mimeType: 'image/png', theme: 'dark' }],
      packages: [
        {
          registryType: 'npm',
          registryBaseUrl: 'https://registry.npmjs.org',
          identifier: '@example/weather',
          version: '1.1.0',
          runtimeHint: 'npx',
          packageArguments: [{ type: 'named', name: '--units', value: 'metric' }],
          environmentVariables: [{ name: 'API_KEY', isSecret: true }],
          transport: { type: 'stdio' },
        },
      ],
      remotes: [
        {
          type: 'streamable-http',
          url: 'https://weather.example.com/mcp',
          headers: [{ name: 'X-Region', value: 'eu' }],
        },
      ],
      _meta: { 'io.modelcontextprotocol.registry/publisher-provided': { 'com.example/level': { tier: 1 } } },
    });
  });

  test('copies skills and plugins with their namespaces, documents, statuses, and dates', async () => {
    const skill = await readJson<Skill>(api, '/v0.1/x/dev.toolhive/skills/com.example/summaries');
    const { _meta: meta, ...document } = skill;
    expect(document).toEqual({
      namespace: 'com.example',
      name: 'summaries',
      version: '1.0.0',
      title: 'Summaries',
      description: 'Writes summaries',
      license: 'MIT',
      compatibility: 'Needs Python',
      allowedTools: ['Read', 'Write'],
      repository: { url: 'https://github.com/example/skills' },
      icons: [{ src: 'https://example.com/icon.png' }],
      metadata: { author: 'Example' },
      status: 'deprecated',
      packages: [
        { registryType: 'oci', identifier: 'ghcr.io/example/summaries:1.0.0', digest: 'sha256:00' },
        {
          registryType: 'git',
          url: 'https://github.com/example/skills',
          ref: 'v1.0.0',
          commit: '0123456789012345678901234567890123456789',
          subfolder: 'summaries',
        },
      ],
    });
    expect(meta).toMatchObject({
      'com.example/level': { tier: 1 },
      'dev.rollcall/entry': {
        status: 'deprecated',
        publishedAt: '2026-02-18T10:00:00Z',
        updatedAt: '2026-02-19T11:30:00Z',
        isLatest: true,
      },
    });
    const plugin = await readJson<Skill>(api, '/v0.1/x/dev.toolhive/plugins/com.example/summaries');
    expect(plugin).toMatchObject({ version: '3.0.0', status: 'archived', metadata: { keywords: ['text'] } });
    expect(plugin).toHaveProperty('packages', [{ registryType: 'git', url: 'https://github.com/example/plugins' }]);
    // The other server stores both under one name.
    for (const [namespace, version] of [
      ['com.example', '1.0.0'],
      ['org.example', '2.0.0'],
    ]) {
      const shared = await readJson<Skill>(api, `/v0.1/x/dev.toolhive/skills/${namespace}/shared`);
      expect(shared).toMatchObject({ namespace, version, status: 'active' });
    }
    expect(await readJson(api, '/v0.1/x/dev.toolhive/skills')).toMatchObject({ metadata: { count: 3 } });
  });

  test('keeps the claims of names, sources, and registries', async () => {
    const claims = await rawRows(
      target.database,
      `select name, claims from server_claims join claim_set on claim_set.id = claim_set_id
       union all select name, claims from source join claim_set on claim_set.id = claim_set_id
       union all select name, claims from registry where claims is not null order by name`,
    );
    expect(claims).toEqual([
      { name: 'approved', claims: { org: ['acme', 'example'] } },
      { name: 'com.example/weather', claims: { team: 'payments' } },
      { name: 'partners', claims: { org: 'acme' } },
      { name: 'skill:com.example/summaries', claims: { team: 'payments' } },
    ]);
  });

  test('creates sources and registries that the admin API can change', async () => {
    expect(await readJson(api, '/v1/sources/partners')).toMatchObject({
      creationType: 'API',
      sourceType: 'api',
      sourceConfig: { endpoint: 'https://registry.example.com', timeout: '20s' },
      filterConfig: { names: { include: ['com.partner/*'] } },
      syncSchedule: '30m0s',
    });
    expect(await readJson(api, '/v1/registries/approved')).toMatchObject({
      creationType: 'API',
      sources: ['internal', 'partners'],
    });
  });

  test('is in the audit log', async () => {
    const events = await rawRows(
      target.database,
      'select action, actor, count(*)::int from audit_event group by 1, 2 order by 1',
    );
    expect(events).toEqual([
      { action: 'entry.publish', actor: 'system', count: 7 },
      { action: 'registry.create', actor: 'system', count: 1 },
      { action: 'source.create', actor: 'system', count: 1 },
    ]);
  });

  test('is seen by readers who follow changes', async () => {
    const since = new Date(Date.now() - 10 * 60_000).toISOString();
    expect(labels(await readPage(api, `/v0.1/servers?updated_since=${since}`))).toHaveLength(3);
  });

  test('can be repeated, and changes nothing', async () => {
    const revision = (): Promise<unknown> => rawRows(target.database, 'select name, revision from registry order by 1');
    const before = await revision();
    const { stdout } = await runImport();
    expect(stdout).toContain('14 items: 0 imported, 9 already existing, 5 refused');
    expect(await revision()).toEqual(before);
  });

  test('takes what was published in the meantime, unless its server has other claims in Rollcall', async () => {
    await asOriginOwner(`
      insert into entry_version (id, entry_id, name, version, title, description, created_at, updated_at)
      select gen_random_uuid(), id, name, '3.0.0', '', 'New', now(), now() from registry_entry
      where name in ('com.example/clock', 'com.example/weather');
      insert into mcp_server (version_id) select id from entry_version where version = '3.0.0';
      update registry_entry set claims = '{"team": "everyone"}' where name = 'com.example/weather'`);
    const { stdout } = await runImport();
    expect(stdout).toContain('version com.example/clock 3.0.0: imported');
    expect(stdout).toMatch(/version com\.example\/weather 3\.0\.0: refused: Rollcall has this name with other claims/);
  });
});

describe('is refused with a clear message', () => {
  test('a database of something else', async () => {
    const { status, stderr } = await importFrom(target.settings.database);
    expect(status).toBe(1);
    expect(stderr).toContain(`${target.settings.database} doesn't hold the tables of ToolHive Registry Server`);
  });

  test('an older schema', async () => {
    await asOriginOwner('update schema_migrations set version = 22');
    const { stderr } = await runImport();
    await asOriginOwner('update schema_migrations set version = 23');
    expect(stderr).toContain('is older than version 1.5: upgrade that server first');
  });

  test('a password in the URL, and a URL of something else', async () => {
    const configuration = ['--config', join(folder, 'rollcall.yaml')];
    const secret = await runRollcall(
      'import',
      'toolhive',
      'postgres://reader:secret@db.example.com/x',
      ...configuration,
    );
    expect(secret.stderr).toContain('remove the password from the URL, and pass it with --password-file');
    expect(secret.stderr).not.toContain('secret@');
    const other = await runRollcall('import', 'toolhive', 'https://registry.example.com', ...configuration);
    expect(other.stderr).toContain('expected the URL of a PostgreSQL database');
  });
});
