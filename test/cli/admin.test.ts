/** The commands of `rollcall admin`, against a server with a worker. The tests build on each other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUDIT } from '../api/audit/recorded.ts';
import { type PublishingApi, startPublishingApiWith } from '../api/publishing-api.ts';
import { source } from '../db/sync-source.ts';
import { type CommandResult, startRollcall } from './rollcall-process.ts';

let publishing: PublishingApi;
let folder: string;

beforeAll(async () => {
  publishing = await startPublishingApiWith({ audit: AUDIT }, source('internal', 'managed'));
  folder = await mkdtemp(join(tmpdir(), 'rollcall-admin-'));
});

afterAll(async () => {
  await publishing?.end();
  await rm(folder, { recursive: true, force: true });
});

function ask(...parameters: string[]): Promise<CommandResult> {
  const environment = { ROLLCALL_SERVER: publishing.api.url, XDG_CONFIG_HOME: folder };
  return startRollcall(environment, ...parameters).ended;
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function expectDone(parameters: readonly string[], output: string | RegExp): Promise<void> {
  const { status, stdout, stderr } = await ask(...parameters);
  expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: expect.stringMatching(output) });
}

describe('sources', () => {
  test('are created from a file like an item of the configuration file, and synced', async () => {
    const path = await file('notes.yaml', 'name: notes\nfile:\n  data: \'{"servers": []}\'\nclaims: {team: [a, b]}\n');
    await expectDone(['admin', 'sources', 'create', '-f', path], /^Created notes\n$/);
    await expectDone(['admin', 'sources', 'list'], /^notes +file +0 /m);
    await expectDone(['admin', 'sources', 'get', 'notes'], /defined by +the admin API\n +claims +team=a\|b\n/);
  });

  test('that exist are not created again', async () => {
    const { status, stderr } = await ask('admin', 'sources', 'create', '-f', join(folder, 'notes.yaml'));
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('notes') });
  });

  test('are replaced as a whole', async () => {
    const path = await file('notes.json', '{"name": "notes", "file": {"data": "{\\"servers\\": []}"}}');
    await expectDone(['admin', 'sources', 'update', '-f', path], /^Updated notes\n$/);
    await expectDone(['admin', 'sources', 'get', 'notes'], /claims +-\n/);
  });

  test('with faults are refused, with all faults and their locations', async () => {
    const path = await file('bad.yaml', 'name: Bad Name\napi: {endpoint: nowhere}\ncolour: red\n');
    const { status, stderr } = await ask('admin', 'sources', 'create', '-f', path);
    expect(status).toBe(1);
    for (const place of [/^name /m, /^api\.endpoint /m, /^colour /m]) expect(stderr).toMatch(place);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test.each([
    ['a list', '- name: a\n', /contains a list: pass a single item/],
    ['an empty file', '', /contains no definition/],
    ['a file that isn’t YAML', 'name: [', /neither YAML nor JSON/],
    ['an alias in itself', 'name: z1\nfile: &a\n  x: *a\n', /neither YAML nor JSON: the alias \*a contains itself/],
  ])('%s is refused before anything is sent', async (_what, text, message) => {
    const answer = await ask('admin', 'sources', 'create', '-f', await file('odd.yaml', text));
    expect(answer).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
  });

  test('of the configuration file can’t be changed', async () => {
    const { status, stderr } = await ask('admin', 'sources', 'delete', 'internal');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('configuration file') });
  });
});

describe('registries', () => {
  test('are created, changed and shown', async () => {
    const path = await file('team.yaml', 'name: team\nsources: [internal]\n');
    await expectDone(
      ['admin', 'registries', 'create', '-f', path],
      /^Created team, served at \/registry\/team\/v0\.1\n$/,
    );
    await file('team.yaml', 'name: team\nsources: [internal, notes]\naccess: public\n');
    await expectDone(['admin', 'registries', 'update', '-f', path], /^Updated team\n$/);
    await expectDone(['admin', 'registries', 'get', 'team'], /access +public\n(.*\n)+ +sources +internal, notes\n/);
    await expectDone(['admin', 'registries', 'list'], /^team +\/registry\/team\/v0\.1 +internal, notes$/m);
  });

  test('can’t lose a source that they show', async () => {
    const { status, stderr } = await ask('admin', 'sources', 'delete', 'notes');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('"team"') });
  });

  test('are deleted, and then their sources', async () => {
    await expectDone(['admin', 'registries', 'delete', 'team'], /^Deleted team\n$/);
    await expectDone(['admin', 'sources', 'delete', 'notes'], /^Deleted notes\n$/);
    const { status, stderr } = await ask('admin', 'registries', 'get', 'team');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('There is no registry "team"') });
  });
});

describe('entries', () => {
  const NAME = 'com.example/weather';
  const document = (version: string): string =>
    JSON.stringify({
      $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
      name: NAME,
      version,
      description: 'What the weather is',
    });

  test('are published with claims', async () => {
    const path = await file('server.json', document('1.0.0'));
    const claims = ['--claim', 'team=payments', '--claim', 'region=eu', '--claim', 'region=us'];
    await expectDone(['admin', 'entries', 'publish', path, ...claims], /^Published com\.example\/weather 1\.0\.0\n$/);
    await expectDone(['publish', await file('server.json', document('2.0.0'))], /^Published .* 2\.0\.0\n$/);
  });

  test('are listed by source and by registry, with their claims', async () => {
    const row = /^server +com\.example\/weather +1\.0\.0 +active +internal +team=payments, region=eu\|us$/m;
    await expectDone(['admin', 'entries', 'list', '--source', 'internal'], row);
    await expectDone(['admin', 'entries', 'list', '--registry', 'default'], row);
    const { stdout } = await ask('admin', 'entries', 'list', '--source', 'internal', '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ version: '1.0.0' }, { version: '2.0.0', isLatest: true }]);
  });

  test('are only listed for a given source or registry', async () => {
    const answer = await ask('admin', 'entries', 'list');
    expect(answer).toMatchObject({ status: 2, stderr: expect.stringContaining('--source NAME or --registry NAME') });
  });

  test('get other claims, or those of their source', async () => {
    const claims = ['admin', 'entries', 'claims', NAME];
    await expectDone(claims, /^team=payments, region=eu\|us\n$/);
    await expectDone([...claims, '--set', 'team=search'], /^team=search\n$/);
    await expectDone([...claims, '--clear'], /has no claims\n$/);
  });

  test('are deprecated, one version or all of them', async () => {
    const status = ['admin', 'entries', 'status', NAME, 'deprecated'];
    await expectDone([...status, '--version', '1.0.0', '--message', 'Use 2.0.0'], /version 1\.0\.0 now deprecated\n$/);
    await expectDone(status, /versions? now deprecated\n$/);
  });

  test('are deleted', async () => {
    await expectDone(['admin', 'entries', 'delete', NAME, '1.0.0'], /^Deleted com\.example\/weather 1\.0\.0\n$/);
    const listed = ['admin', 'entries', 'list', '--source', 'internal'];
    expect((await ask(...listed)).stdout).not.toContain('1.0.0');
    await expectDone([...listed, '--deleted'], /1\.0\.0 +deleted/);
  });

  test('with faults are refused with all of them', async () => {
    const { status, stderr } = await ask('publish', await file('server.json', '{"name": "x", "version": "latest"}'));
    expect(status).toBe(1);
    for (const place of [/^name /m, /^version /m, /^description /m]) expect(stderr).toMatch(place);
  });
});

describe('the audit', () => {
  test('is a table of who did what to what', async () => {
    await expectDone(
      ['admin', 'audit', '--target', 'com.example/weather', '--action', 'entry.delete'],
      /^WHEN +WHO +ACTION +TARGET +OUTCOME +TIMES +FROM +REMARK\n\S+Z +anonymous mode +entry\.delete +com\.example\/weather 1\.0\.0 +success +1 +127\.0\.0\.1 +-\n$/,
    );
  });

  test('says why a change was not made', async () => {
    await ask('admin', 'entries', 'delete', 'com.example/none', '1.0.0');
    await expectDone(['admin', 'audit', '--target', 'com.example/none'], /failure .* There is no version 1\.0\.0 of /);
  });

  test('says that there are no events', async () => {
    await expectDone(['admin', 'audit', '--target', 'com.example/never'], /^No events\n$/);
  });

  test('is limited to a time and a number, and read page by page', async () => {
    const [all, some, none] = await Promise.all([
      ask('admin', 'audit', '--json', '--since', '1h'),
      ask('admin', 'audit', '--json', '--limit', '3'),
      ask('admin', 'audit', '--json', '--until', '2020-01-01T00:00:00Z'),
    ]);
    expect(JSON.parse(some.stdout)).toEqual((JSON.parse(all.stdout) as unknown[]).slice(0, 3));
    expect(JSON.parse(none.stdout)).toEqual([]);
  });

  test('refuses invalid times and actions', async () => {
    expect(await ask('admin', 'audit', '--since', 'yesterday')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Expected a timestamp') as string,
    });
    expect(await ask('admin', 'audit', '--action', 'guess')).toMatchObject({ status: 2 });
  });
});

test('reports anonymous mode when authentication is off', async () => {
  await expectDone(['admin', 'me'], /^The server runs in anonymous mode/);
  const { status, stderr } = await ask('login');
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("doesn't require a login") });
});
