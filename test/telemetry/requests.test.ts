/** Requests in the log and in the metrics, whether Express or the cache answers them. */
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { readSamples } from './exposition.ts';

const NAME = 'com.example/logged';
const PATH = `/v0.1/servers/${encodeURIComponent(NAME)}/versions/latest`;
const ROUTE = '/v0.1/servers/{server}/versions/{version}';

let database: TestDatabase;
let api: RunningApi;
const lines: Record<string, unknown>[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  await useSources(database.database, source('first'));
  await sync(database.database, { sourceName: 'first', entries: [draft(NAME, '1.0.0')] });
  const write = (text: string): void => {
    for (const line of text.trimEnd().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  const logger = pino({ level: 'debug' }, { write });
  const telemetry = {
    enabled: true,
    serviceName: 'rollcall',
    endpoint: '127.0.0.1:1',
    insecure: true,
    tracing: { enabled: false, sampling: 1 },
    metrics: { enabled: false, serverLookups: 1 },
  };
  api = await startApi(database, { logger, telemetry });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

/** Sends a request and returns its line. */
async function lineOf(path: string, init?: RequestInit): Promise<Record<string, unknown>> {
  const response = await api.get(path, init);
  await response.text();
  const requestId = response.headers.get('x-request-id');
  await expect.poll(() => lines.find((line) => line['requestId'] === requestId)).toBeDefined();
  const ofRequest = lines.filter((line) => line['requestId'] === requestId);
  expect(ofRequest).toHaveLength(1);
  return ofRequest[0]!;
}

async function sum(name: string, labels: Record<string, string>): Promise<number> {
  const text = await (await fetch(`${api.internalUrl}/metrics`)).text();
  return readSamples(text)
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((total, { value }) => total + value, 0);
}

test('the process says where it listens', () => {
  expect(lines).toContainEqual(
    expect.objectContaining({ msg: `The API listens on ${api.url}`, internalAddress: api.internalUrl }),
  );
});

test('a read is one line, from the database first and from memory afterwards', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const line = await lineOf(PATH, { headers: { traceparent } });
  expect(line).toMatchObject({
    level: 30,
    msg: 'request',
    method: 'GET',
    route: ROUTE,
    path: PATH,
    status: 200,
    cache: 'miss',
    caller: 'everybody',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    durationMs: expect.any(Number),
  });
  expect(line['bytes']).toBeGreaterThan(300);
  expect(await lineOf(PATH)).toMatchObject({ route: ROUTE, cache: 'hit', status: 200 });
  const tag = (await api.get(PATH)).headers.get('etag') ?? '';
  expect(await lineOf(PATH, { headers: { 'if-none-match': tag } })).toMatchObject({ status: 304, cache: 'hit' });
});

test('all answers are measured by route, and lookups by server up to a limit', async () => {
  const labels = { http_route: ROUTE, http_request_method: 'GET', http_response_status_code: '200' };
  const count = 'http_server_request_duration_seconds_count';
  const before = await sum(count, labels);
  await lineOf(PATH);
  await lineOf(PATH);
  expect(await sum(count, labels)).toBe(before + 2);
  expect(await sum('rollcall_page_cache_requests_total', { result: 'hit' })).toBeGreaterThan(1);
  expect(await sum('rollcall_server_lookups_total', { server: NAME })).toBeGreaterThan(1);
  expect(await sum('rollcall_page_cache_size_bytes', {})).toBeGreaterThan(300);
  expect(await sum('http_server_active_requests', {})).toBe(0);
});

test('a path that leads nowhere shares its route with all others', async () => {
  expect(await lineOf('/nowhere/at/all')).toMatchObject({ route: '(other)', status: 404 });
  expect(await sum('http_server_request_duration_seconds_count', { http_route: '(other)' })).toBeGreaterThan(0);
});

test('a page of the console and a refused method have the route of their endpoint', async () => {
  expect(await lineOf('/console/sources/first')).toMatchObject({ route: '/console' });
  expect(await lineOf('/v0.1/servers', { method: 'DELETE' })).toMatchObject({ route: '/v0.1/servers', status: 405 });
});

test('a name with its slash as it is has the same route', async () => {
  expect(await lineOf(`/v0.1/servers/${NAME}/versions/1.0.0`)).toMatchObject({ route: ROUTE, status: 200 });
});

test('only parameters that can be neither personal nor secret are logged', async () => {
  const line = await lineOf(
    '/v0.1/servers?limit=3&search=whatILookFor&token=geheim&other=limit=4&unlimited=5&version=latest&version',
  );
  expect(line).toMatchObject({ route: '/v0.1/servers', query: 'limit=3&version=latest&version' });
  expect(JSON.stringify(line)).not.toMatch(/whatILookFor|geheim/);
});

test('probes are logged at debug, refusals are counted', async () => {
  expect(await lineOf('/health')).toMatchObject({ level: 20, route: '/health' });
  const before = await sum('rollcall_requests_refused_total', { reason: 'denied' });
  const foreign = { method: 'POST', headers: { origin: 'https://elsewhere.example' } };
  expect(await lineOf('/v0.1/publish', foreign)).toMatchObject({ status: 403 });
  expect(await sum('rollcall_requests_refused_total', { reason: 'denied' })).toBe(before + 1);
});
