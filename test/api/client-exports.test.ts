/** A registry as client files, over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import { ALL_TARGETS, SKILL_TARGETS, TARGETS } from '../../registry/exports/targets.ts';
import { draft, source, sync } from '../db/sync-source.ts';
import { faultsOf } from '../registry/exports/client-rules.ts';
import { expectError, readJson } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;
beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await storeConfiguration(api.database, {
    sources: [source('alpha'), source('large')],
    registries: [
      { name: 'team', sources: ['alpha'] },
      { name: 'empty', sources: [] },
      { name: 'large', sources: ['large'] },
    ],
    defaultRegistry: 'default',
  });
  await sync(api.database, { sourceName: 'alpha', entries: entries() });
});
afterAll(() => api.stop());

const RENEWED = '2026-03-04T05:06:07.000000Z';

function entries(changes: Partial<EntryDraft> = {}): EntryDraft[] {
  return [
    withPackage('com.example/local', '1.0.0', { status: 'deprecated' }),
    withPackage('com.example/local', '1.1.0', { updatedAt: RENEWED }),
    draft('com.example/bare', '1.0.0', {
      publishedAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:00Z',
      ...changes,
    }),
  ];
}

function withPackage(name: string, version: string, changes: Partial<EntryDraft>): EntryDraft {
  const packages = [{ registryType: 'npm', identifier: '@example/local', version, transport: { type: 'stdio' } }];
  const dates = {
    publishedAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    statusChangedAt: '2026-01-01T00:00:00Z',
  };
  return draft(name, version, {
    ...dates,
    document: JSON.stringify({ name, version, description: 'Local', packages }),
    ...changes,
  });
}

const PATH = '/registry/team/exports';

describe('the list of exports', () => {
  test('has every target with what it includes and leaves out', async () => {
    const { targets } = await readJson<{
      targets: { target: string; included: number; leftOut: number; limits: string[] }[];
    }>(api, PATH);
    expect(targets.map(({ target }) => target)).toEqual(ALL_TARGETS.map(({ id }) => id));
    expect(targets.find(({ target }) => target === 'vscode-mcp')).toMatchObject({ included: 1, leftOut: 1 });
    const ofSkills = SKILL_TARGETS.map(({ id }) => id);
    for (const { target, limits, included, leftOut } of targets) {
      expect(limits.length).toBeGreaterThan(0);
      expect(included + leftOut).toBe(ofSkills.includes(target) ? 0 : 2);
    }
  });

  test('reads the registry once', async () => {
    await readJson(api, PATH);
    const before = api.queries();
    await readJson(api, PATH);
    expect(api.queries()).toBe(before);
  });
});

test.each(TARGETS.map((target) => [target.id, target] as const))(
  '%s has its type, and is valid',
  async (id, target) => {
    const response = await api.get(`${PATH}/${id}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(`${target.contentType}; charset=utf-8`);
    expect(response.headers.get('content-disposition')).toBe(`inline; filename="${target.fileName}"`);
    expect(faultsOf(target, await response.text())).toEqual([]);
  },
);

test('denials come from deprecated versions', async () => {
  expect(await readJson(api, `${PATH}/copilot-managed-settings`)).toEqual({
    allowedMcpServers: [
      { serverCommand: ['npx', '-y', '@example/local@1.1.0'] },
      { serverCommand: ['npx', '@example/local@1.1.0'] },
    ],
    deniedMcpServers: [
      { serverCommand: ['npx', '-y', '@example/local@1.0.0'] },
      { serverCommand: ['npx', '@example/local@1.0.0'] },
    ],
  });
});

test('the mode decides whether servers are provided or allowed', async () => {
  const read = (query: string): Promise<object> =>
    readJson<object>(api, `${PATH}/claude-code-managed-settings${query}`);
  expect(Object.keys(await read(''))).toEqual(['managedMcpServers', 'deniedMcpServers']);
  expect(Object.keys(await read('?mode=allow'))).toEqual([
    'allowManagedMcpServersOnly',
    'allowedMcpServers',
    'deniedMcpServers',
  ]);
  expect(Object.keys(await read('?mode=both'))).toHaveLength(4);
});

test('the report says for each server what happened to it', async () => {
  expect(await readJson(api, `${PATH}/vscode-mcp/report`)).toEqual({
    target: 'vscode-mcp',
    mode: 'provide',
    versions: 'all',
    included: 1,
    leftOut: 1,
    servers: [
      {
        name: 'com.example/bare',
        included: false,
        versions: [],
        denied: false,
        notes: ['it has neither a package nor a remote'],
      },
      { name: 'com.example/local', included: true, versions: ['1.1.0'], denied: false, notes: [] },
    ],
  });
});

test.each([
  ['/registry/team/exports/nonsense', 404],
  ['/registry/nonsense/exports', 404],
  ['/registry/nonsense/exports/vscode-mcp', 404],
  ['/registry/team/exports/vscode-mcp?mode=allow', 400],
  ['/registry/team/exports/vscode-mcp?mode=nonsense', 400],
  ['/registry/team/exports/vscode-mcp?version=1.0.0', 400],
])('%s is refused with %d', async (path, status) => {
  await expectError(await api.get(path), status);
});

test('a registry without servers has exports too', async () => {
  expect(await readJson(api, '/registry/empty/exports/mcp-json')).toEqual({ mcpServers: {} });
  expect((await api.get('/registry/empty/exports/mcp-json')).headers.get('last-modified')).toBeNull();
});

describe('the entity tag', () => {
  const tagOf = async (target: string, encoding = 'identity'): Promise<string> => {
    const response = await api.get(`${PATH}/${target}`, { headers: { 'accept-encoding': encoding } });
    await response.arrayBuffer();
    return response.headers.get('etag') ?? '';
  };

  test('depends on the content: a change that a file doesn’t show leaves it unchanged', async () => {
    const [vscode, allowlist] = [await tagOf('vscode-mcp'), await tagOf('allowlist')];
    await sync(api.database, {
      sourceName: 'alpha',
      entries: [...entries({ description: 'Another' }), draft('com.example/new', '1.0.0')],
    });
    expect(await tagOf('vscode-mcp')).toBe(vscode);
    expect(await tagOf('allowlist')).not.toBe(allowlist);
  });

  test('gets a 304, also for the other encoding', async () => {
    for (const encoding of ['identity', 'br', 'gzip']) {
      const tag = await tagOf('copilot-managed-settings', encoding);
      const again = await api.get(`${PATH}/copilot-managed-settings`, {
        headers: { 'accept-encoding': encoding, 'if-none-match': tag },
      });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
  });

  test('comes with the date of the latest change of an entry, and without a body for HEAD', async () => {
    const response = await api.get(`${PATH}/vscode-mcp`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(Date.parse(response.headers.get('last-modified') ?? '')).toBeGreaterThanOrEqual(Date.parse(RENEWED));
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('vary')).toContain('Authorization');
  });
});

test('a registry that is too large is refused with advice, and its exports of servers are listed without numbers', async () => {
  const many = Array.from({ length: 10_001 }, (_, index) => draft(`com.example/s${index}`, '1.0.0'));
  await sync(api.database, { sourceName: 'large', entries: many });
  const response = await api.get('/registry/large/exports/allowlist');
  expect(response.status).toBe(422);
  expect(((await response.json()) as { error: string }).error).toContain('with a filter on its source');

  const { targets } = await readJson<{ targets: { target: string; included?: number }[] }>(
    api,
    '/registry/large/exports',
  );
  expect(targets.map(({ target }) => target)).toEqual(ALL_TARGETS.map(({ id }) => id));
  const counted = targets.filter(({ included }) => included !== undefined).map(({ target }) => target);
  expect(counted).toEqual(SKILL_TARGETS.map(({ id }) => id));
});
