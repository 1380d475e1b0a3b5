import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeFailedSyncRun, openSyncRun } from '../../db/syncs/sync-runs.ts';
import { DocumentReader } from '../../registry/document/reader.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { draft, source, sync } from '../db/sync-source.ts';
import { TOOLHIVE_DOCUMENT } from '../registry/toolhive-fixture.ts';
import { expectError, type Item, labels, type Page, readJson, readPage } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await storeConfiguration(api.database, {
    sources: [source('toolhive'), source('upstream'), source('own', 'managed'), source('never'), source('copied')],
    registries: [
      { name: 'default', sources: ['toolhive'] },
      { name: 'mixed', sources: ['toolhive', 'upstream', 'own'] },
      { name: 'empty', sources: ['own'] },
      { name: 'unsynced', sources: ['never'] },
      { name: 'copy', sources: ['copied'] },
    ],
    defaultRegistry: 'default',
  });
  const { drafts, envelope } = readDocument(JSON.stringify(TOOLHIVE_DOCUMENT));
  await sync(api.database, { sourceName: 'toolhive', entries: drafts, apply: { envelope } });
  await sync(api.database, {
    sourceName: 'upstream',
    entries: [
      inNpm('com.example/packaged', '1.0.0'),
      inNpm('com.example/packaged', '1.1.0', 'deprecated'),
      draft('com.example/only-described', '1.0.0'),
      draft('io.github.stacklok/weather', '9.0.0'),
    ],
  });
});
afterAll(() => api.stop());

function readDocument(text: string): { drafts: EntryDraft[]; envelope: string } {
  const reader = new DocumentReader();
  const { drafts } = reader.push(Buffer.from(text));
  const { drafts: last, envelope } = reader.end();
  return { drafts: [...drafts, ...last].map((found) => found.draft), envelope };
}

function inNpm(name: string, version: string, status: 'active' | 'deprecated' = 'active'): EntryDraft {
  const packages = [{ registryType: 'npm', identifier: '@example/packaged', version, transport: { type: 'stdio' } }];
  const document = { name, version, description: 'From npm', packages };
  return draft(name, version, { document: JSON.stringify(document), status });
}

interface ToolhiveExport {
  readonly version: string;
  readonly last_updated: string;
  readonly servers: Readonly<Record<string, { readonly image?: string; readonly status?: string }>>;
}

describe('registry.json', () => {
  test('of a ToolHive source is the original document, except for order', async () => {
    expect(await readJson(api, '/registry/default/registry.json')).toEqual(TOOLHIVE_DOCUMENT);
  });

  test('has the latest version of other servers that ToolHive can run, and their status', async () => {
    const { servers } = await readJson<ToolhiveExport>(api, '/registry/mixed/registry.json');
    expect(servers['com.example/packaged']).toMatchObject({
      image: 'npx://@example/packaged@1.1.0',
      status: 'deprecated',
    });
    expect(servers).not.toHaveProperty('com.example/only-described');
  });

  test('shows a name of several sources as the first of them has it', async () => {
    const { servers } = await readJson<ToolhiveExport>(api, '/registry/mixed/registry.json');
    expect(servers['weather']?.image).toBe('ghcr.io/example/weather-mcp:v1.0.0');
  });

  test('of an empty registry is still a document', async () => {
    const { version, servers } = await readJson<ToolhiveExport>(api, '/registry/empty/registry.json');
    expect([version, servers]).toEqual(['1.0.0', {}]);
  });
});

describe('upstream-registry.json', () => {
  interface UpstreamExport {
    readonly meta: { readonly last_updated: string };
    readonly data: { readonly servers: readonly Item['server'][]; readonly groups?: readonly unknown[] };
  }
  const exported = (registry: string): Promise<UpstreamExport> =>
    readJson<UpstreamExport>(api, `/registry/${registry}/upstream-registry.json`);

  test('has the latest version of each server as published, and those of groups in their groups', async () => {
    const { meta, data } = await exported('mixed');
    const latest = await readPage(api, '/registry/mixed/v0.1/servers?limit=1000&version=latest');
    const inGroups = JSON.stringify(data.groups);
    expect(meta.last_updated).toBe(TOOLHIVE_DOCUMENT['last_updated']);
    expect(data.servers).toEqual(
      latest.servers.map(({ server }) => server).filter(({ version }) => !version.includes('-group-')),
    );
    expect(data.servers.map(({ name, version }) => `${name}@${version}`)).toContain('com.example/packaged@1.1.0');
    expect(inGroups).toContain('io.github.stacklok/warehouse');
  });

  test('of an empty registry is still a document', async () => {
    expect(await exported('empty')).toMatchObject({ version: '1.0.0', data: { servers: [] } });
  });

  test('can be read as a source, and exported as the original ToolHive document', async () => {
    const text = await (await api.get('/registry/default/upstream-registry.json')).text();
    const { drafts, envelope } = readDocument(text);
    await sync(api.database, { sourceName: 'copied', entries: drafts, apply: { envelope } });
    const { $schema: _schema, ...document } = TOOLHIVE_DOCUMENT;
    expect(await readJson(api, '/registry/copy/registry.json')).toEqual(document);
    expect(await readJson(api, '/registry/copy/upstream-registry.json')).toEqual(JSON.parse(text));
  });
});

test('servers.json is the whole list on one page', async () => {
  const exported = await readJson<Page>(api, '/registry/mixed/servers.json');
  expect(exported).toEqual(await readPage(api, '/registry/mixed/v0.1/servers?limit=1000'));
  expect(labels(exported)).toContain('com.example/packaged@1.0.0');
  expect((await readJson<Page>(api, '/registry/empty/servers.json')).servers).toEqual([]);
});

test('an export can be read as a source without loss', async () => {
  const text = await (await api.get('/registry/mixed/servers.json')).text();
  const { drafts } = readDocument(text);
  const served = await readPage(api, '/registry/mixed/v0.1/servers?limit=1000');
  expect(drafts.map(({ document }) => JSON.parse(document) as unknown)).toEqual(
    served.servers.map(({ server }) => server),
  );
});

test('exports have entity tags, and are compressed', async () => {
  const files = ['registry.json', 'upstream-registry.json', 'servers.json'].map((file) => `/registry/mixed/${file}`);
  for (const path of [...files, '/api/v1/registry']) {
    const response = await api.get(path, { headers: { 'accept-encoding': 'br' } });
    expect(response.headers.get('content-encoding')).toBe('br');
    await response.json();
    const tag = response.headers.get('etag') ?? '';
    const again = await api.get(path, { headers: { 'accept-encoding': 'br', 'if-none-match': tag } });
    expect(again.status).toBe(304);
  }
});

describe('the oldest ToolHive API', () => {
  test('lists the servers of the default registry briefly', async () => {
    const list = await readJson<{ servers: { name: string }[]; total: number }>(api, '/api/v0/servers');
    expect(list.servers.length).toBe(list.total);
    expect(list.servers.find(({ name }) => name === 'weather')).toEqual({
      name: 'weather',
      description: 'Forecasts and warnings for any place',
      tier: 'Official',
      status: 'Active',
      transport: 'sse',
      tools_count: 2,
    });
  });

  test('shows each of them by its listed name', async () => {
    const { servers } = await readJson<{ servers: { name: string }[] }>(api, '/api/v0/servers');
    for (const { name } of servers) {
      expect(await readJson(api, `/api/v0/servers/${encodeURIComponent(name)}`)).toMatchObject({ name });
    }
  });

  test.each(['weather', 'io.github.stacklok%2Fweather', 'io.github.stacklok/weather'])(
    'shows one: %s',
    async (name) => {
      expect(await readJson(api, `/api/v0/servers/${name}`)).toMatchObject({
        name: 'weather',
        image: 'ghcr.io/example/weather-mcp:v1.0.0',
        tools: ['get-weather', 'get-forecast'],
        tags: ['weather', 'api'],
        args: ['--port', '3000'],
        repository_url: 'https://github.com/example/weather-mcp',
        metadata: { stars: 150, target_port: 3000, author: 'Example' },
      });
    },
  );

  test('serves the default registry as a document', async () => {
    expect(await readJson(api, '/api/v1/registry')).toEqual(TOOLHIVE_DOCUMENT);
  });

  test('knows no deployments if no source is a cluster', async () => {
    expect(await readJson(api, '/api/v0/deployed')).toEqual([]);
    expect(await readJson(api, '/api/v0/deployed/weather')).toEqual([]);
  });
});

describe('the extension API', () => {
  interface Status {
    readonly name: string;
    readonly type: string;
    readonly sources: readonly { readonly name: string }[];
    readonly syncStatus: Readonly<Record<string, unknown>>;
  }
  const status = (name: string): Promise<Status> => readJson<Status>(api, `/extension/v0/registries/${name}`);

  test('lists registries', async () => {
    const { registries } = await readJson<{ registries: Status[] }>(api, '/extension/v0/registries');
    expect(registries.map(({ name, type }) => [name, type])).toEqual([
      ['copy', 'file'],
      ['default', 'file'],
      ['empty', 'managed'],
      ['mixed', 'aggregate'],
      ['unsynced', 'file'],
    ]);
    expect(registries[3]).toEqual(await status('mixed'));
  });

  test('shows the syncs of a registry', async () => {
    const { syncStatus, sources } = await status('mixed');
    expect(sources.map(({ name }) => name)).toEqual(['toolhive', 'upstream', 'own']);
    expect(syncStatus).toMatchObject({ phase: 'complete', attemptCount: 0 });
    expect(syncStatus['lastSyncTime']).toMatch(/Z$/);
    expect((await status('empty')).syncStatus).toEqual({ phase: 'complete', attemptCount: 0, serverCount: 0 });
  });

  test('counts failures since the last success, and keeps the time of that success', async () => {
    const before = (await status('mixed')).syncStatus;
    for (const number of [2, 3]) {
      const key = {
        sourceName: 'upstream',
        number,
        workflowId: `sync/upstream/${number}`,
        trigger: 'timer',
      };
      const run = await openSyncRun(api.database, key);
      expect((await status('mixed')).syncStatus['phase']).toBe('syncing');
      await closeFailedSyncRun(api.database, run?.id ?? '', {
        outcome: 'failed',
        type: 'UpstreamUnavailable',
        message: 'It is away',
      });
    }
    const after = (await status('mixed')).syncStatus;
    expect(after).toMatchObject({
      phase: 'failed',
      attemptCount: 2,
      message: 'It is away',
      lastSyncTime: before['lastSyncTime'],
    });
    expect(after['serverCount']).toBe(before['serverCount']);
  });

  test('404 for a registry that does not exist', async () => {
    await expectError(await api.get('/extension/v0/registries/none'), 404);
  });
});
