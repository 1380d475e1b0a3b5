/** Stored files of skills, and the formats that list skills and plugins, of repositories that are synced over real Git. */
import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRegistry } from '../../db/configuration/registries.ts';
import { listEntries } from '../../db/entries/entries.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { SKILL_TARGETS } from '../../registry/exports/targets.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { GOOD_REPOSITORY, skillMd } from '../sources/scanned-repository.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { eventually } from '../eventually.ts';
import { type IdentityProvider, startIdentityProvider } from '../identity-provider.ts';
import { type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { faultsOf } from '../registry/exports/client-rules.ts';
import { oauth, type ProtectedApi, startProtectedApi } from './access/protected-api.ts';
import { expectError } from './items.ts';

let root: string;
let server: GitHttpServer;
let commit: string;
let database: TestDatabase;
let provider: IdentityProvider;
let api: ProtectedApi;
let tools: SourceUnderTest;
let repository: GitRepository;
/** Of callers who can see everything, and of others. */
let token: string;
let otherToken: string;

const FORKED = 'From another source.\n';
const SECRET = skillMd('secret', '', 'Only for some.\n');

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'skill-contents-'));
  server = await startGitHttp({ root });
  repository = await GitRepository.create(root, 'acme/tools.git');
  commit = await repository.commit({
    ...GOOD_REPOSITORY,
    'plugins/formatter/skills/style/SKILL.md': skillMd('style'),
    'skills/odd--name/SKILL.md': skillMd('odd--name'),
  });
  const hidden = await GitRepository.create(root, 'acme/hidden.git');
  await hidden.commit({ 'secret/SKILL.md': SECRET, 'style/SKILL.md': skillMd('style', 'version: 2.0.0\n') });
  // A skill of the same name and version as in another source.
  const fork = await GitRepository.create(root, 'acme/fork.git');
  await fork.commit({ 'pdf/SKILL.md': skillMd('pdf', 'version: 1.10\n', FORKED) });
  database = await createTestDatabase();
  const definitions = [
    definition('tools', 'acme/tools.git', 'com.example'),
    definition('hidden', 'acme/hidden.git', 'com.hidden'),
    definition('fork', 'acme/fork.git', 'com.example'),
  ];
  await storeConfiguration(database.database, {
    sources: definitions,
    sourceClaims: { hidden: { team: 'a' } },
    registries: [
      { name: 'open', sources: ['tools'], access: 'public' },
      { name: 'shared', sources: ['hidden', 'tools'], access: 'public' },
      { name: 'closed', sources: ['hidden'] },
      { name: 'forked', sources: ['fork'], access: 'public' },
    ],
    defaultRegistry: 'open',
  });
  for (const one of definitions) {
    const source = new SourceUnderTest(database.database, one);
    await source.sync();
    if (one.name === 'tools') tools = source;
  }
  provider = await startIdentityProvider();
  const authz = {
    roles: { superAdmin: [{ role: 'admin' }], manageSources: [], manageRegistries: [], manageEntries: [] },
  };
  api = await startProtectedApi(database, oauth(provider, { authz }));
  token = await provider.token({ scope: 'mcp-registry:read', team: 'a' });
  otherToken = await provider.token({ scope: 'mcp-registry:read', team: 'b' });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
  await provider.stop();
  await server.close();
  await rm(root, { recursive: true });
});

function definition(name: string, path: string, namespace: string): SourceDefinition {
  const origin = { kind: 'git', repository: server.url(path), scan: { namespace } };
  return { name, origin, syncPolicy: { intervalMs: 60_000, maxRemoval: 1, deadlineMs: 60_000 } };
}

interface Index {
  readonly $schema: string;
  readonly skills: readonly { name: string; type: string; description: string; url: string; digest: string }[];
}

interface Files {
  readonly files: readonly { path: string; digest: string; size: number; executable: boolean }[];
  readonly archive?: { digest: string; size: number };
}

/** The tables of the specification (agent-skills-discovery-rfc, version 0.2.0, "Index Format") as a JSON Schema. */
const INDEX_SCHEMA = {
  type: 'object',
  required: ['$schema', 'skills'],
  properties: {
    $schema: { const: 'https://schemas.agentskills.io/discovery/0.2.0/schema.json' },
    skills: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'type', 'description', 'url', 'digest'],
        properties: {
          name: { type: 'string', maxLength: 64, pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' },
          type: { enum: ['skill-md', 'archive'] },
          description: { type: 'string', minLength: 1, maxLength: 1024 },
          url: { type: 'string', minLength: 1 },
          digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
        },
      },
    },
  },
};

async function json<Body>(path: string): Promise<Body> {
  const response = await api.get(path);
  expect(response.status).toBe(200);
  return (await response.json()) as Body;
}

describe('the Agent Skills index', () => {
  test('follows the specification, and its digests are those of the bytes that are served', async () => {
    const index = await json<Index>('/registry/open/.well-known/agent-skills/index.json');
    const validate = new Ajv().compile(INDEX_SCHEMA);
    validate(index);
    expect(validate.errors ?? []).toEqual([]);
    expect(index.skills.map(({ name, type }) => [name, type])).toEqual([
      ['deep', 'skill-md'],
      ['pdf', 'archive'],
      ['review', 'archive'],
      ['style', 'skill-md'],
    ]);
    for (const { url, digest, type } of index.skills) {
      const response = await api.get(url);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(`sha256:${hash('sha256', bytes, 'hex')}`).toBe(digest);
      const contentType = type === 'archive' ? 'application/gzip' : 'text/markdown; charset=utf-8';
      expect(response.headers.get('content-type')).toBe(contentType);
    }
  });

  test('is the same at the root for the default registry, with an entity tag', async () => {
    const response = await api.get('/.well-known/agent-skills/index.json');
    expect(await response.json()).toEqual(await json('/registry/open/.well-known/agent-skills/index.json'));
    const tag = response.headers.get('etag')!;
    const headers = { 'if-none-match': tag };
    expect((await api.get('/.well-known/agent-skills/index.json', { headers })).status).toBe(304);
    expect(await json('/registry/open/exports/agent-skills-index')).toEqual(
      await json('/.well-known/agent-skills/index.json'),
    );
  });

  test('leaves out what the format cannot say, and reports why', async () => {
    interface Report {
      readonly servers: readonly { name: string; included: boolean; notes: string[] }[];
    }
    const response = await api.withToken(token, '/registry/shared/exports/agent-skills-index/report');
    const left = ((await response.json()) as Report).servers.filter(({ included }) => !included);
    expect(left.map(({ name, notes }) => [name, notes[0]])).toEqual([
      ['com.example/odd--name', expect.stringContaining('single hyphens')],
      ['com.example/style', 'com.hidden/style has the same name in this format'],
      ['com.hidden/style', 'com.example/style has the same name in this format'],
    ]);
  });

  test('has the files of the source that the registry shows', async () => {
    const digestIn = async (registry: string): Promise<string> => {
      const { skills } = await json<Index>(`/registry/${registry}/.well-known/agent-skills/index.json`);
      return skills.find(({ name }) => name === 'pdf')!.digest;
    };
    const files = '/v0.1/x/dev.toolhive/skills/com.example/pdf/versions/1.10/files';
    const forked = await json<Files>(`/registry/forked${files}`);
    expect(forked.files).toMatchObject([{ path: 'SKILL.md', digest: await digestIn('forked') }]);
    const open = await json<Files>(`/registry/open${files}`);
    expect(open.archive?.digest).toBe(await digestIn('open'));
  });

  test('has archives that unpack to the files of the repository', async () => {
    const { skills } = await json<Index>('/.well-known/agent-skills/index.json');
    const { url } = skills.find(({ name }) => name === 'pdf')!;
    const folder = await mkdtemp(join(root, 'unpacked-'));
    await writeFile(join(folder, 'a.tgz'), Buffer.from(await (await api.get(url)).arrayBuffer()));
    await promisify(execFile)('tar', ['-xzf', 'a.tgz'], { cwd: folder });
    for (const path of ['SKILL.md', 'scripts/extract.sh', 'references/FORMS.txt']) {
      expect(await readFile(join(folder, path), 'utf8')).toBe(GOOD_REPOSITORY[`skills/pdf/${path}`]);
    }
    expect((await stat(join(folder, 'SKILL.md'))).mtimeMs).toBe(0);
  });
});

describe('stored files', () => {
  const path = '/registry/open/v0.1/x/dev.toolhive/skills/com.example/pdf/versions/latest/files';
  test('are listed with their digests, and served by them as content that never changes', async () => {
    const { files, archive } = await json<Files>(path);
    expect(files.map((file) => [file.path, file.executable])).toEqual([
      ['SKILL.md', false],
      ['references/FORMS.txt', false],
      ['scripts/extract.sh', false],
    ]);
    expect(archive?.digest).toMatch(/^sha256:/);
    for (const file of files) {
      const response = await api.get(`/registry/open/content/${file.digest}`);
      const body = await response.text();
      expect(body).toBe(GOOD_REPOSITORY[`skills/pdf/${file.path}`]);
      expect(file.size).toBe(Buffer.byteLength(body));
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('content-security-policy')).toContain('sandbox');
      expect(response.headers.get('content-disposition')).toBe('attachment');
      const again = await api.get(`/registry/open/content/${file.digest}`, {
        headers: { 'if-none-match': response.headers.get('etag')! },
      });
      expect(again.status).toBe(304);
    }
  });

  test('of a plugin are listed and served like those of a skill', async () => {
    const pluginPath = '/registry/open/v0.1/x/dev.toolhive/plugins/com.example/formatter/versions/latest/files';
    const { files, archive } = await json<Files>(pluginPath);
    expect(files.map((file) => file.path)).toEqual(['.claude-plugin/plugin.json', 'skills/style/SKILL.md']);
    expect((await api.get(`/registry/open/content/${archive!.digest}`)).headers.get('content-type')).toBe(
      'application/gzip',
    );
    const manifest = await api.get(`/registry/open/content/${files[0]!.digest}`);
    expect(await manifest.text()).toBe(GOOD_REPOSITORY['plugins/formatter/.claude-plugin/plugin.json']);
    await expectError(await api.get(pluginPath.replace('/formatter/', '/pdf/')), 404);
  });

  test('of unknown skills and digests are not found', async () => {
    await expectError(await api.get(path.replace('/pdf/', '/nope/')), 404);
    await expectError(await api.get(path.replace('latest', '9.9.9')), 404);
    await expectError(await api.get(`/registry/open/content/sha256:${'0'.repeat(64)}`), 404);
    await expectError(await api.get('/registry/open/content/nonsense'), 404);
  });

  test('are visible only to those who can see a skill that has them', async () => {
    const digest = `sha256:${hash('sha256', SECRET, 'hex')}`;
    const visible = await api.withToken(token, `/registry/shared/content/${digest}`);
    expect(await visible.text()).toBe(SECRET);
    expect(visible.headers.get('cache-control')).toMatch(/^private/);
    const files = '/v0.1/x/dev.toolhive/skills/com.hidden/secret/versions/latest/files';
    expect((await api.withToken(token, `/registry/shared${files}`)).status).toBe(200);
    expect((await api.withToken(token, `/registry/open${files}`)).status).toBe(404);
    // In another registry, with other claims, and without a token.
    expect((await api.withToken(token, `/registry/open/content/${digest}`)).status).toBe(404);
    expect((await api.withToken(otherToken, `/registry/shared/content/${digest}`)).status).toBe(404);
    expect((await api.withToken(otherToken, `/registry/shared${files}`)).status).toBe(404);
    expect((await api.get(`/registry/shared/content/${digest}`)).status).toBe(404);
    expect((await api.get(`/registry/shared${files}`)).status).toBe(404);
    expect((await api.get(`/registry/closed/content/${digest}`)).status).toBe(401);
    const index = '/registry/shared/.well-known/agent-skills/index.json';
    expect(await (await api.withToken(token, index)).text()).toContain('"secret"');
    const { skills } = await json<Index>(index);
    expect(skills.map(({ name }) => name)).toEqual(['deep', 'pdf', 'review', 'style']);
  });
});

describe('marketplaces', () => {
  const url = (): string => server.url('acme/tools.git');

  test('for Claude Code validate against the published schema and pin each plugin', async () => {
    const marketplace = await json<Record<string, unknown>>('/registry/open/exports/claude-code-marketplace');
    const file = new URL('../fixtures/schemas/claude-code-marketplace.schema.json', import.meta.url);
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const validate = ajv.compile(JSON.parse(await readFile(file, 'utf8')) as object);
    validate(marketplace);
    expect(validate.errors ?? []).toEqual([]);
    expect(marketplace).toEqual({
      $schema: 'https://json.schemastore.org/claude-code-marketplace.json',
      name: 'open',
      description: 'Plugins of the registry open',
      owner: { name: 'open' },
      plugins: [
        {
          name: 'bare',
          source: { source: 'git-subdir', url: url(), path: 'plugins/bare', sha: commit },
          description: 'Says hello.',
          version: expect.stringMatching(/^0\.0\.0-/) as string,
          category: 'greetings',
          strict: false,
        },
        {
          name: 'elsewhere',
          source: {
            source: 'git-subdir',
            url: 'https://github.com/acme/other',
            path: 'tools/plugin',
            sha: 'a'.repeat(40),
          },
          description: 'In another repository.',
          version: `0.0.0-g${'a'.repeat(12)}`,
        },
        {
          name: 'formatter',
          source: { source: 'git-subdir', url: url(), path: 'plugins/formatter', sha: commit },
          description: 'Formats code.',
          version: '3.1.0',
          author: { name: 'Acme' },
          license: 'MIT',
          keywords: ['format'],
        },
      ],
    });
  });

  test('for Codex have a policy and a category for each plugin', async () => {
    expect(await json('/registry/open/exports/codex-marketplace')).toMatchObject({
      name: 'open',
      plugins: [
        { name: 'bare', category: 'greetings' },
        { name: 'elsewhere' },
        {
          name: 'formatter',
          source: { source: 'git-subdir', url: url(), path: './plugins/formatter', sha: commit },
          policy: { installation: 'AVAILABLE', authentication: 'ON_INSTALL' },
          category: 'Productivity',
        },
      ],
    });
  });

  test.each(SKILL_TARGETS.map((target) => [target.id, target] as const))(
    '%s is valid by its own rules',
    async (id, target) => {
      expect(faultsOf(target, await (await api.get(`/registry/open/exports/${id}`)).text())).toEqual([]);
      expect(faultsOf(target, '{"other": 1}')).not.toEqual([]);
    },
  );
});

test('searches look through the text of SKILL.md, and the files follow a new commit', async () => {
  const registry = await findRegistry(database.database, 'open');
  const found = async (): Promise<string[]> => {
    const query = {
      registryId: registry!.id,
      visibility: 'all',
      kind: 'skill',
      limit: 10,
      includeDeleted: false,
    } as const;
    const entries = await listEntries(database.database, { ...query, search: 'ZANZIBARINE' });
    return entries.map(({ name }) => name);
  };
  expect(await found()).toEqual(['skill:com.example/pdf']);
  const filesOf = (name: string, version: string): string =>
    `/registry/open/v0.1/x/dev.toolhive/skills/com.example/${name}/versions/${version}/files`;
  const [before] = (await json<Files>(filesOf('pdf', '1.10'))).files;
  await repository.commit({
    'skills/pdf/SKILL.md': skillMd('pdf', 'version: 2.0.0\n', 'Nothing special.\n'),
    'plugins/formatter/skills/style/SKILL.md': null,
    'plugins/formatter/.claude-plugin/plugin.json': null,
  });
  await tools.sync();
  expect(await found()).toEqual([]);
  await eventually(async () => (await api.get(filesOf('pdf', '2.0.0'))).status === 200, 'the new version is served');
  // What has disappeared is kept as tombstones, whose files aren't served.
  expect((await api.get(filesOf('pdf', '1.10'))).status).toBe(404);
  expect((await api.get(`/registry/open/content/${before!.digest}`)).status).toBe(404);
  const isListed = async (wanted: string, file: string): Promise<boolean> =>
    (await (await api.get(`/registry/open/exports/${file}`)).text()).includes(`"${wanted}"`);
  await eventually(async () => !(await isListed('style', 'agent-skills-index')), 'the index leaves out the skill');
  expect(await isListed('formatter', 'claude-code-marketplace')).toBe(false);
  expect(await isListed('bare', 'claude-code-marketplace')).toBe(true);
  expect(await isListed('com.example/formatter', 'claude-code-marketplace/report')).toBe(false);
  expect(await isListed('com.example/bare', 'claude-code-marketplace/report')).toBe(true);
});
