/** Skills and plugins, as ToolHive's clients read them (toolhive, pkg/registry/api/skills_client.go). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SKILL_KINDS, type SkillKind } from '../../registry/entry-kind.ts';
import { draft, skillDraft, source, sync, useSources } from '../db/sync-source.ts';
import { expectError, readJson } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

interface Entry {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly status: string;
  readonly _meta: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
interface Page {
  readonly entries: readonly Entry[];
  readonly metadata: { readonly count: number; readonly nextCursor?: string };
}

let api: RunningApi;

/** More than a default page. */
const OTHERS = Array.from({ length: 60 }, (_, index) => `com.example/a-pdf-${String(index).padStart(2, '0')}`);
const VERSIONS = Array.from({ length: 40 }, (_, index) => `1.${index}.0`);

const LICENSES = { skill: 'MIT', plugin: 'Apache-2.0' };

function entriesOfKind(kind: SkillKind): ReturnType<typeof skillDraft>[] {
  return [
    ...OTHERS.map((name) => skillDraft(kind, [name, '1.0.0'])),
    ...VERSIONS.map((version) => skillDraft(kind, ['com.example/pdf', version])),
    {
      ...skillDraft(kind, ['org.example/pdf', '1.0.0'], { status: 'ARCHIVED', title: 'Forms' }),
      statusMessage: 'Use forms instead',
    },
    skillDraft(kind, ['org.example/zip', '1.0.0'], {
      status: 'deprecated',
      license: LICENSES[kind],
      metadata: { n: 1 },
    }),
    { ...skillDraft(kind, ['org.example/gone', '1.0.0']), status: 'deleted' },
  ];
}

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'), source('beta'));
  await sync(api.database, {
    sourceName: 'alpha',
    entries: [draft('com.example/pdf', '7.0.0'), ...SKILL_KINDS.flatMap(entriesOfKind)],
  });
  await sync(api.database, {
    sourceName: 'beta',
    entries: SKILL_KINDS.map((kind) => skillDraft(kind, ['com.example/pdf', '9.9.9'])),
  });
});
afterAll(() => api.stop());

const BASE = '/v0.1/x/dev.toolhive';
const labels = ({ entries }: Page): string[] =>
  entries.map(({ namespace, name, version }) => `${namespace}/${name}@${version}`);

describe.each(SKILL_KINDS)('%ss', (kind) => {
  const base = `${BASE}/${kind}s`;
  const page = async (query: string): Promise<Page> => {
    const { metadata, ...lists } = await readJson<Record<string, unknown>>(api, `${base}${query}`);
    expect(Object.keys(lists)).toEqual([`${kind}s`]);
    return { entries: lists[`${kind}s`] as Entry[], metadata: metadata as Page['metadata'] };
  };
  const walk = async (query: string): Promise<string[]> => {
    const found: string[] = [];
    let at = await page(`?${query}`);
    for (;;) {
      expect(at.metadata.count).toBe(at.entries.length);
      found.push(...labels(at));
      const { nextCursor } = at.metadata;
      if (nextCursor === undefined) return found;
      at = await page(`?limit=7&cursor=${nextCursor}`);
    }
  };
  const latest = [
    ...OTHERS.map((name) => `${name}@1.0.0`),
    'com.example/pdf@1.39.0',
    'org.example/pdf@1.0.0',
    'org.example/zip@1.0.0',
  ];

  test('are listed by their latest versions, fifty on a page', async () => {
    expect((await page('')).entries).toHaveLength(50);
    expect(await walk('')).toEqual(latest);
    expect(await walk('limit=7')).toEqual(latest);
  });

  test('have all their versions on request, and tombstones', async () => {
    const all = await walk('all_versions=true&limit=9');
    expect(all).toHaveLength(OTHERS.length + VERSIONS.length + 2);
    expect(await walk('all_versions=true&include_deleted=true')).toHaveLength(all.length + 1);
    expect(await walk('updated_since=2020-01-01T00:00:00Z')).toContain('org.example/gone@1.0.0');
    expect(await walk('updated_since=2999-01-01T00:00:00Z')).toEqual([]);
  });

  test('whose names are the search term come first, on all pages together once', async () => {
    const exact = ['com.example/pdf@1.39.0', 'org.example/pdf@1.0.0'];
    const others = OTHERS.map((name) => `${name}@1.0.0`);
    for (const query of ['search=pdf', 'search=PDF&limit=1', 'search=pdf&limit=2', 'search=pdf&limit=3']) {
      expect(await walk(query)).toEqual([...exact, ...others]);
    }
    expect(await walk('search=ORG.example%2Fpdf')).toEqual(['org.example/pdf@1.0.0']);
    expect(await walk('search=forms')).toEqual(['org.example/pdf@1.0.0']);
    expect(await walk(`search=${kind}`)).toEqual([]);
  });

  test('are filtered by status in any case', async () => {
    expect(await walk('status=Archived')).toEqual(['org.example/pdf@1.0.0']);
    expect(await walk('status=ARCHIVED,deprecated')).toEqual(['org.example/pdf@1.0.0', 'org.example/zip@1.0.0']);
    expect(await walk('status=deleted')).toEqual(['org.example/gone@1.0.0']);
    expect(await expectError(await api.get(`${base}?status=new`), 400)).toContain(
      'must be a list of active, deprecated',
    );
  });

  test('are flat documents with their status in lower case, and the state of the entry', async () => {
    const entry = await readJson<Entry>(api, `${base}/org.example/pdf`);
    expect(entry).toMatchObject({ namespace: 'org.example', name: 'pdf', status: 'archived', title: 'Forms' });
    expect(entry['_meta']).toEqual({
      'dev.rollcall/entry': {
        status: 'archived',
        statusMessage: 'Use forms instead',
        statusChangedAt: expect.any(String),
        publishedAt: expect.any(String),
        updatedAt: expect.any(String),
        isLatest: true,
        documentStatus: 'ARCHIVED',
      },
      'dev.rollcall/provenance': { source: 'alpha', kind: 'file' },
    });
  });

  test('of a name have all their versions in one answer, from the source that owns the name', async () => {
    const { entries } = await page('/com.example/pdf/versions');
    expect(entries).toHaveLength(VERSIONS.length);
    expect(new Set(entries.map(({ version }) => version))).toEqual(new Set(VERSIONS));
    for (const path of ['/com.example/pdf', '/com.example/pdf/versions/latest', '/com.example/pdf/versions/1.39.0']) {
      expect(await readJson(api, base + path)).toMatchObject({ name: 'pdf', version: '1.39.0' });
    }
  });

  test('are exported by their latest versions', async () => {
    const target = kind === 'skill' ? 'agent-skills-index' : 'claude-code-marketplace';
    const report = await readJson<{ servers: { name: string }[] }>(api, `/registry/default/exports/${target}/report`);
    const names = report.servers.map(({ name }) => name);
    expect(names.toSorted()).toEqual(latest.map((one) => one.split('@')[0]));
  });

  test('are resolved by `thv`, which searches and then compares names in any case', async () => {
    // Toolhive, pkg/skills/skillsvc/registry.go: more than one match is ambiguous, none means that there is no such skill.
    const resolve = async (asked: string): Promise<string[]> => {
      const slash = asked.lastIndexOf('/');
      const [namespace, name] = [asked.slice(0, Math.max(slash, 0)), asked.slice(slash + 1)];
      const { entries } = await page(`?${new URLSearchParams({ search: name }).toString()}`);
      const isWanted = (found: string, wanted: string): boolean => found.toLowerCase() === wanted.toLowerCase();
      return labels({
        entries: entries.filter(
          (entry) => isWanted(entry.name, name) && (namespace === '' || isWanted(entry.namespace, namespace)),
        ),
        metadata: { count: 0 },
      });
    };
    expect(await resolve('Zip')).toEqual(['org.example/zip@1.0.0']);
    expect(await resolve('com.example/pdf')).toEqual(['com.example/pdf@1.39.0']);
    expect(await resolve('pdf')).toHaveLength(2);
    expect(await resolve('none')).toEqual([]);
  });

  test('that don’t exist are 404, and a cursor of another list is 400', async () => {
    for (const path of ['/com.example/no', '/com.example/no/versions', '/com.example/pdf/versions/9.9.9']) {
      expect(await expectError(await api.get(base + path), 404)).toContain(`Registry "default" has no `);
    }
    expect(await expectError(await api.get(`${base}/org.example/gone`), 404)).toContain(`${kind} "org.example/gone"`);
    expect((await api.get(`${base}/org.example/gone?include_deleted=true`)).status).toBe(200);
    expect((await api.get('/registry/none/v0.1/x/dev.toolhive/skills')).status).toBe(404);
    const { nextCursor } = (await page('?limit=1')).metadata;
    const other = kind === 'skill' ? 'plugins' : 'skills';
    expect((await api.get(`${BASE}/${other}?cursor=${nextCursor}`)).status).toBe(400);
    expect((await api.get(`${base}?cursor=x`)).status).toBe(400);
    expect((await api.get(`${base}?cursor=${nextCursor}&search=b`)).status).toBe(400);
  });

  test('are kept in memory by their kind, and by whether deleted ones are asked for', async () => {
    expect(await readJson(api, `${base}/org.example/zip`)).toMatchObject({ license: LICENSES[kind] });
    for (const path of ['/org.example/gone', '/org.example/gone/versions']) {
      expect((await api.get(`${base}${path}?include_deleted=true`)).status).toBe(200);
      expect((await api.get(base + path)).status).toBe(404);
    }
    expect(await walk('limit=9&include_deleted=true')).toHaveLength(latest.length + 1);
    expect(await walk('limit=9')).toEqual(latest);
  });

  test('have entity tags, and are the same under every base', async () => {
    for (const path of [`/${kind}s`, `/${kind}s/org.example/zip`, `/${kind}s/com.example/pdf/versions`]) {
      const response = await api.get(BASE + path);
      const etag = response.headers.get('etag');
      const text = await response.text();
      expect((await api.get(BASE + path, { headers: { 'if-none-match': etag! } })).status).toBe(304);
      for (const other of ['/registry/default/v0.1/x/dev.toolhive', '/registry/v0.1/x/dev.toolhive']) {
        expect(await (await api.get(other + path)).text()).toBe(text);
      }
    }
  });

  test('aren’t among the servers, whatever they are asked for by', async () => {
    const stored = encodeURIComponent(`${kind}:com.example/pdf`);
    for (const path of ['/v0.1/servers', '/v0.1/servers?search=pdf', '/v0.1/servers?version=latest']) {
      expect(await readJson(api, path)).toMatchObject({ servers: [{ server: { version: '7.0.0' } }] });
      expect(await readJson(api, path)).toHaveProperty('metadata.count', 1);
    }
    for (const path of [`/${stored}`, `/${stored}/versions`, `/${stored}/versions/1.0.0`]) {
      await expectError(await api.get(`/v0.1/servers${path}`), 404);
    }
    for (const path of ['/registry/default/registry.json', '/registry/default/servers.json', '/api/v0/servers']) {
      expect(await (await api.get(path)).text()).not.toContain('a-pdf');
    }
    const exported = await readJson<{ data: Record<string, Entry[]> }>(api, '/registry/default/upstream-registry.json');
    expect(exported.data['servers']).toHaveLength(1);
    expect(labels({ entries: exported.data[`${kind}s`]!, metadata: { count: 0 } })).toEqual(latest);
  });
});
