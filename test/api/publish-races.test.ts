/** Concurrent changes of one server: the answers match some order of them, and nothing is lost. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { source } from '../db/sync-source.ts';
import { type Item, label, labels, official, type Page, readJson, readPage } from './items.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';
import type { RunningApi } from './running-api.ts';

let publishing: PublishingApi;
let api: RunningApi;

beforeAll(async () => {
  publishing = await startPublishingApi(source('own', 'managed'));
  api = publishing.api;
});
afterAll(() => publishing.end());

const nameOf = (name: string): string => `com.example/${name}`;
const pathOf = (name: string, version?: string): string =>
  `/v0.1/servers/com.example%2F${name}${version === undefined ? '' : `/versions/${version}`}`;
const document = (name: string, version: string, description = 'Races'): object => ({
  name: nameOf(name),
  description,
  version,
});
const publish = (name: string, version: string, headers: Record<string, string> = {}): Promise<Response> =>
  api.send('POST', '/v0.1/publish', { body: document(name, version), headers });
const setStatus = (path: string, status: string): Promise<Response> =>
  api.send('PATCH', `${path}/status`, { body: { status } });

async function statusesOf(answers: readonly Promise<Response>[]): Promise<number[]> {
  return (await Promise.all(answers)).map(({ status }) => status).sort((left, right) => left - right);
}

test('a version that many callers publish at once is published by one of them', async () => {
  const answers = Array.from({ length: 8 }, (_, index) =>
    api.send('POST', '/v0.1/publish', { body: document('contested', '1.0.0', `Contender ${index}`) }),
  );
  expect(await statusesOf(answers)).toEqual([200, ...Array<number>(7).fill(409)]);
  expect(labels(await readPage(api, `${pathOf('contested')}/versions`))).toEqual(['com.example/contested@1.0.0']);
});

test('a document that one caller publishes many times at once is published once, and all answers are alike', async () => {
  const answers = Array.from({ length: 8 }, () => publish('repeated', '1.0.0'));
  expect(await statusesOf(answers)).toEqual(Array<number>(8).fill(200));
  expect(labels(await readPage(api, `${pathOf('repeated')}/versions`))).toEqual(['com.example/repeated@1.0.0']);
});

test('a request with a key that is sent many times at once is carried out once, and all answers are alike', async () => {
  const headers = { 'idempotency-key': 'many-at-once' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => publish('repeated', '1.0.0', headers)));
  expect(answers.map(({ status }) => status)).toEqual(Array<number>(8).fill(200));
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  expect(new Set(bodies).size).toBe(1);

  const removals = Array.from({ length: 4 }, () =>
    api.send('DELETE', pathOf('repeated', '1.0.0'), { headers: { 'idempotency-key': 'many-deletes' } }),
  );
  expect(await statusesOf(removals)).toEqual(Array<number>(4).fill(200));
});

test('of two concurrent requests with one key, one is refused', async () => {
  const headers = { 'idempotency-key': 'two-at-once' };
  const answers = [publish('either', '1.0.0', headers), publish('either', '2.0.0', headers)];
  expect(await statusesOf(answers)).toEqual([200, 422]);
  expect((await readPage(api, `${pathOf('either')}/versions`)).servers).toHaveLength(1);
});

test('versions that are published at once all exist, and the highest is the latest', async () => {
  const versions = ['1.0.0', '3.0.0', '2.0.0', '3.0.0-rc.1', '0.1.0'];
  expect(await statusesOf(versions.map((version) => publish('crowd', version)))).toEqual([200, 200, 200, 200, 200]);
  const { servers } = await readPage(api, `${pathOf('crowd')}/versions`);
  expect(servers.map(({ server }) => server.version).toSorted()).toEqual(versions.toSorted());
  expect(servers.filter((item) => official(item)['isLatest'] === true).map(label)).toEqual(['com.example/crowd@3.0.0']);
});

test('of a change of status and a concurrent deletion one wins, and what is served agrees', async () => {
  for (let round = 0; round < 5; round += 1) {
    const name = `status-or-delete-${round}`;
    await publish(name, '1.0.0');
    await publish(name, '2.0.0');
    const [changed, deleted, replaced] = await Promise.all([
      setStatus(pathOf(name, '2.0.0'), 'deprecated'),
      api.send('DELETE', pathOf(name, '2.0.0')),
      api.send('PUT', pathOf(name, '2.0.0'), { body: document(name, '2.0.0', 'Replaced') }),
    ]);
    expect([changed.status, deleted.status]).toEqual([200, 200]);
    expect([200, 404]).toContain(replaced.status);

    const { servers } = await readPage(api, `${pathOf(name)}/versions?include_deleted=true`);
    const statuses = Object.fromEntries(servers.map((item) => [item.server.version, official(item)['status']]));
    expect(['deprecated', 'deleted']).toContain(statuses['2.0.0']);
    const latest = await readJson<Item>(api, `${pathOf(name)}/versions/latest`);
    expect(latest.server.version).toBe(statuses['2.0.0'] === 'deleted' ? '1.0.0' : '2.0.0');
    expect((await api.get(pathOf(name, '2.0.0'))).status).toBe(statuses['2.0.0'] === 'deleted' ? 404 : 200);
  }
});

test('a status of all versions counts and lists the changed ones, whatever is published meanwhile', async () => {
  await Promise.all(['1.0.0', '2.0.0', '3.0.0'].map((version) => publish('all', version)));
  await setStatus(pathOf('all', '2.0.0'), 'deprecated');
  const [response] = await Promise.all([setStatus(pathOf('all'), 'deprecated'), publish('all', '4.0.0')]);
  const { updatedCount, servers } = (await response.json()) as { updatedCount: number; servers: Item[] };
  expect(servers).toHaveLength(updatedCount);
  expect(servers.map(({ server }) => server.version)).not.toContain('2.0.0');
  expect(servers.map(({ server }) => server.version)).toEqual(expect.arrayContaining(['1.0.0', '3.0.0']));
});

test('a copy that follows updated_since sees each change exactly once', async () => {
  await publish('followed', '1.0.0');
  await publish('followed', '2.0.0');
  await publish('unchanged', '1.0.0');
  let since = await newestChange();
  const changes: [string, () => Promise<Response>, string[]][] = [
    [
      'PUT',
      () => api.send('PUT', pathOf('followed', '1.0.0'), { body: document('followed', '1.0.0', 'New') }),
      ['1.0.0 active'],
    ],
    ['a status', () => setStatus(pathOf('followed', '2.0.0'), 'deprecated'), ['2.0.0 deprecated']],
    ['DELETE', () => api.send('DELETE', pathOf('followed', '2.0.0')), ['2.0.0 deleted']],
    ['publish', () => publish('followed', '3.0.0'), ['3.0.0 active']],
    ['all', () => setStatus(pathOf('followed'), 'deleted'), ['1.0.0 deleted', '3.0.0 deleted']],
  ];
  for (const [what, change, expected] of changes) {
    expect((await change()).status).toBe(200);
    const page = await readPage(api, `/v0.1/servers?updated_since=${since}&search=followed`);
    const seen = page.servers.map((item) => `${item.server.version} ${String(official(item)['status'])}`);
    expect({ what, seen }).toEqual({ what, seen: expected });
    const all = await readPage(api, `/v0.1/servers?updated_since=${since}&include_deleted=true&limit=1000`);
    expect(all.servers.map(label)).not.toContain('com.example/unchanged@1.0.0');
    since = await newestChange();
  }

  /** A moment after everything so far. */
  async function newestChange(): Promise<string> {
    const { servers } = await readJson<Page>(api, '/v0.1/servers?include_deleted=true&limit=1000');
    const newest =
      servers
        .map((item) => String(official(item)['updatedAt']))
        .toSorted()
        .at(-1) ?? '';
    const digits = newest.slice(0, -1).padEnd(26, '0');
    return `${digits.slice(0, 20)}${String(Number(digits.slice(20)) + 1).padStart(6, '0')}Z`;
  }
});
