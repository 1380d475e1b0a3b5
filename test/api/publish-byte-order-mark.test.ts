import { afterAll, beforeAll, expect, test } from 'vitest';
import { source } from '../db/sync-source.ts';
import { type Item, readJson } from './items.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';

let publishing: PublishingApi;

beforeAll(async () => {
  publishing = await startPublishingApi(source('own', 'managed'));
});
afterAll(() => publishing.end());

test('a document that starts with a byte order mark is published without it', async () => {
  const { api } = publishing;
  const text = '{"name":"com.example/marked","description":"From an editor of Windows","version":"1.0.0"}';
  const response = await api.send('POST', '/v0.1/publish', { body: `\u{feff}${text}` });
  expect(response.status).toBe(200);
  const served = await readJson<Item>(api, '/v0.1/servers/com.example%2Fmarked/versions/1.0.0');
  expect(served.server).toEqual(JSON.parse(text));
});
