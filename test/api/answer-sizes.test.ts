/** Answers to requests with very many faults are short, however large the request is. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { source, useSources } from '../db/sync-source.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

const MAX_ANSWER_LENGTH = 256 * 1024;

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('own', 'managed'));
});
afterAll(() => api.stop());

const unknownKeys = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`unknown-${index}`, 1]));
const LONG = 'k'.repeat(500_000);
/** Many faults below one long key. */
const wrongClaims = { [LONG]: Array.from({ length: 50_000 }, (_, index) => index) };
const packages = Array.from({ length: 3_000 }, () => ({ [LONG.slice(0, 100)]: 1 }));
const server = { name: 'com.example/many', description: 'Many faults', version: '1.0.0' };

test.each([
  ['POST', '/v0.1/validate', { ...server, packages }],
  ['POST', '/v0.1/validate', { ...server, ...unknownKeys, packages }],
  ['POST', '/v0.1/publish', { ...server, packages }],
  ['POST', '/trpc/entries.publish', { document: { ...server, packages } }],
  ['POST', '/trpc/sources.create', { name: 'new', managed: {}, ...unknownKeys }],
  ['POST', '/trpc/sources.create', { name: 'new', managed: {}, claims: wrongClaims }],
  ['POST', '/trpc/registries.create', { name: 'new', sources: Object.keys(unknownKeys) }],
  ['POST', '/trpc/entries.setClaims', { name: 'com.example/many', claims: wrongClaims }],
  ['PUT', '/v1/sources/new', { managed: {}, ...unknownKeys }],
  ['PUT', '/v1/registries/new', { sources: ['own'], ...unknownKeys, [LONG]: 1 }],
  ['POST', '/v1/entries', { server, claims: wrongClaims }],
  ['PATCH', '/v0.1/servers/com.example%2Fmany/status', { status: LONG, ...unknownKeys }],
])('%s %s with very many faults (%#) gets a short answer', async (method, path, body) => {
  const response = await api.send(method, path, { body });
  const text = await response.text();
  expect(text.length).toBeLessThan(MAX_ANSWER_LENGTH);
  expect(text.match(/"path":/g)?.length ?? 0).toBeLessThanOrEqual(102);
  expect(response.status).toBeLessThan(500);
});
