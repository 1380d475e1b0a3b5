/** Trying a source out: shows what a sync would accept, and leaves nothing behind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';

let publishing: PublishingApi;
beforeAll(async () => {
  publishing = await startPublishingApi();
});
afterAll(() => publishing.end());

async function tryOut(source: object): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await publishing.api.send('POST', '/trpc/sources.try', { body: { name: 'tried', ...source } });
  return { status: response.status, body: await response.json() };
}

const inline = (data: unknown): object => ({ file: { data: typeof data === 'string' ? data : JSON.stringify(data) } });
const NOTES = { name: 'com.example/notes', version: '1.0.0', description: 'Keeps notes' };

async function expectNothingLeft(): Promise<void> {
  expect(await (await publishing.api.get('/trpc/sources.list')).json()).toEqual({ result: { data: [] } });
  expect(await (await publishing.api.get('/v0.1/servers')).json()).toMatchObject({ servers: [] });
}

test('shows the entries and the findings of the first sync, and leaves nothing', async () => {
  const { status, body } = await tryOut(inline([NOTES, { ...NOTES, name: 'not a name' }]));
  expect({ status, body }).toMatchObject({
    status: 200,
    body: {
      result: {
        data: {
          failure: null,
          total: 1,
          entries: [{ name: 'com.example/notes', version: '1.0.0', description: 'Keeps notes' }],
          findings: [{ severity: 'rejection', name: 'not a name' }],
        },
      },
    },
  });
  await expectNothingLeft();
});

test('says why the first sync would fail, and leaves nothing', async () => {
  const { status, body } = await tryOut(inline('[{"name": '));
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { result: { data: { failure: { type: 'DocumentInvalid' }, total: 0, entries: [] } } },
  });
  await expectNothingLeft();
});

test.each([
  [
    'an address that only the server can reach',
    { file: { url: 'http://127.0.0.1:1/servers.json' }, syncPolicy: { interval: '1h' } },
    /127\.0\.0\.1|private|https/,
  ],
  ['a definition with a fault', { file: { path: '/etc/passwd' } }, /path/],
  ['a managed source', { managed: {} }, /fetches nothing/],
] as const)('refuses %s', async (_what, source, message) => {
  const { status, body } = await tryOut(source);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toMatch(message);
});
