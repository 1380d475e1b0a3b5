/** API sources that follow the skills and plugins of another Rollcall. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EntryDraft } from '../../registry/entry.ts';
import { SKILL_KINDS } from '../../registry/entry-kind.ts';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { draft, entriesOf, skillDraft, source, sync, useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { eventually } from '../eventually.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';

let testDatabase: TestDatabase;
let upstreamDatabase: TestDatabase;
let upstream: RunningApi;
let gate: Server;
/** Requests for skills and plugins, in order. */
let requests: URL[];
/** Answers requests for skills and plugins instead of the upstream. */
let answer: RequestListener | undefined;

function skills(count: number): EntryDraft[] {
  return Array.from({ length: count }, (_, index) =>
    skillDraft('skill', [`com.example/skill-${index + 100}`, '1.0.0']),
  );
}

const ENTRIES: readonly EntryDraft[] = [
  draft('com.example/server', '1.0.0'),
  ...skills(12),
  skillDraft('skill', ['com.example/two', '1.0.0'], { status: 'archived', metadata: { n: 1 } }),
  skillDraft('skill', ['com.example/two', '2.0.0'], { status: 'deprecated' }),
  { ...skillDraft('plugin', ['com.example/two', '1.0.0']), statusMessage: 'gone', status: 'deleted' },
  skillDraft('plugin', ['com.example/two', '0.1.0']),
];

beforeAll(async () => {
  [testDatabase, upstreamDatabase] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await useSources(upstreamDatabase.database, source('alpha'));
  upstream = await startApi(upstreamDatabase);
  gate = createServer((request, response) => {
    const url = new URL(request.url!, upstream.url);
    const isSkill = url.pathname.includes('/x/dev.toolhive/');
    if (isSkill) requests.push(url);
    if (isSkill && answer !== undefined) return answer(request, response);
    void (async () => {
      const answered = await fetch(url);
      response.writeHead(answered.status, { 'content-type': 'application/json' }).end(await answered.text());
    })();
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  gate.closeAllConnections();
  gate.close();
  await upstream.stop();
  await Promise.all([testDatabase.drop(), upstreamDatabase.drop()]);
});
beforeEach(async () => {
  requests = [];
  answer = undefined;
  await publish(ENTRIES);
});

/** Makes these the entries of the upstream, and waits until it serves them. */
async function publish(entries: readonly EntryDraft[]): Promise<void> {
  const { outcome } = await sync(upstreamDatabase.database, { sourceName: 'alpha', entries, apply: { force: true } });
  if (outcome === 'unchanged') return;
  const mark = draft('com.example/mark', new Date().toISOString());
  await sync(upstreamDatabase.database, { sourceName: 'alpha', entries: [...entries, mark], apply: { force: true } });
  const path = `/v0.1/servers/com.example%2Fmark/versions/${mark.version}`;
  await eventually(async () => (await upstream.get(path)).status === 200, 'the upstream serves the entries');
}

async function follow(): Promise<SourceUnderTest> {
  return await SourceUnderTest.of(testDatabase.database, {
    kind: 'api',
    endpoint: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
    timeoutMs: 5_000,
    fullSyncEveryMs: 24 * 60 * 60_000,
  });
}

/** Everything about the skills and plugins that readers see. */
async function skillsOf({ database }: { readonly database: TestDatabase['database'] }): Promise<unknown[]> {
  const all = await Promise.all(SKILL_KINDS.map((kind) => entriesOf(database, { kind, includeDeleted: true })));
  return all.flat().map(({ sourceName: _name, sourceKind: _kind, commitId: _commit, ...entry }) => entry);
}

test('skills and plugins are followed with all versions, statuses, and dates, and only what changed is read again', async () => {
  const api = await follow();
  expect(await api.sync()).toMatchObject({ counts: { rejected: 0, warnings: 0 } });
  expect(await skillsOf(testDatabase)).toEqual(await skillsOf(upstreamDatabase));
  expect(await api.check()).toBe('nothing');

  await publish([...ENTRIES, skillDraft('skill', ['com.example/two', '3.0.0'], { title: 'New' })]);
  expect(await api.check()).toBe('maybe');
  requests = [];
  await api.sync();
  expect(requests.every(({ searchParams }) => searchParams.has('updated_since'))).toBe(true);
  expect(await skillsOf(testDatabase)).toEqual(await skillsOf(upstreamDatabase));

  const removed = 'skill:com.example/skill-100';
  await publish(ENTRIES.filter(({ name }) => name !== removed));
  await api.sync();
  expect(await skillsOf(testDatabase)).toContainEqual(expect.objectContaining({ name: removed, status: 'deleted' }));
});

test('all pages of a list are read', async () => {
  await publish([...ENTRIES, ...skills(120).slice(12)]);
  requests = [];
  await (await follow()).sync();
  expect(requests.map(({ pathname }) => pathname.split('/').at(-1))).toEqual(['skills', 'skills', 'plugins']);
  expect(await skillsOf(testDatabase)).toEqual(await skillsOf(upstreamDatabase));
});

describe('an upstream without the lists', () => {
  const status =
    (code: number, body = '{}'): RequestListener =>
    (_, response) => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(body);
    };

  test.each<[string, RequestListener]>([
    ['404', status(404)],
    ['405', status(405)],
    ['501', status(501)],
    ['401', status(401)],
    ['a web page', status(200, '<!doctype html><html></html>')],
  ])('that answers %s has none', async (_, answered) => {
    answer = answered;
    const api = await follow();
    expect(await api.sync()).toMatchObject({ outcome: 'changed', counts: { warnings: 0 } });
    expect(await skillsOf(testDatabase)).toEqual([]);
    requests = [];
    expect(await api.check()).toBe('nothing');
    expect(requests).toEqual([]);
  });

  test('that had them keeps what is served, until a sync is forced', async () => {
    const api = await follow();
    await api.sync();
    const before = await skillsOf(testDatabase);
    answer = status(404);
    expect(await api.sync({ full: true })).toMatchObject({ counts: { removed: 0, warnings: 2 } });
    expect((await api.findings()).map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/^the upstream no longer has a list of skills .*404.*To remove them, sync with force/),
    );
    expect(await skillsOf(testDatabase)).toEqual(before);
    expect(await api.sync({ full: true, force: true })).toMatchObject({ outcome: 'changed' });
    expect(await entriesOf(testDatabase.database, { kind: 'skill' })).toEqual([]);
    expect(await api.served()).toContain('com.example/server@1.0.0');
  });

  test('that fails makes the sync fail, if it had them', async () => {
    const api = await follow();
    await api.sync();
    answer = status(500);
    expect(await api.failedSync({ full: true })).toMatchObject({ type: 'UpstreamUnavailable' });
  });

  test('that has empty lists all of a sudden is stopped by the removal guard', async () => {
    const api = await follow();
    await api.sync();
    answer = status(200, '{"skills":[],"plugins":[],"metadata":{"count":0}}');
    const { type, message } = await api.failedSync({ full: true });
    expect(type).toBe('RemovalGuard');
    expect(message).toMatch(/^\d+ of \d+ skills are no longer in the upstream/);
  });
});
