/** Traces as a collector receives them, from a request or a timer to the rows in Postgres. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type PublishingApi, startPublishingApiWith } from '../api/publishing-api.ts';
import { managedSource } from '../workflows/running-worker.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts';

let collector: OtlpReceiver;
let upstream: Server;
let running: PublishingApi;
let version = 1;

/** One more with each version. */
function servers(): Record<string, unknown>[] {
  return Array.from({ length: version }, (_, index) => serverJson(`com.example/traced-${index}`, '1.0.0'));
}

beforeAll(async () => {
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '100');
  collector = await startOtlpReceiver();
  upstream = createServer((request, response) => {
    const etag = `"${version}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(envelope(servers()));
  });
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/registry.json?token=geheim`;
  const telemetry = {
    enabled: true,
    serviceName: 'rollcall',
    endpoint: collector.endpoint,
    insecure: true,
    tracing: { enabled: true, sampling: 1 },
    metrics: { enabled: true, serverLookups: 0 },
  };
  running = await startPublishingApiWith(
    { telemetry },
    {
      name: 'timed',
      origin: { kind: 'file', location: { url, timeoutMs: 5_000 } },
      syncPolicy: { intervalMs: 2_000, maxRemoval: 1, deadlineMs: 60_000 },
    },
    managedSource('written'),
  );
});
afterAll(async () => {
  await running.end();
  upstream.closeAllConnections();
  await once(upstream.close(), 'close');
  await collector.close();
  vi.unstubAllEnvs();
});

/** The names of the spans above a span, from the root down to itself. Fails if the trace has gaps. */
function wayTo(span: ReceivedSpan): string[] {
  if (span.parentSpanId === '') return [span.name];
  const parent = collector.spans.find(({ spanId }) => spanId === span.parentSpanId);
  if (parent === undefined) throw new Error(`The parent of ${span.name} was not received`);
  return [...wayTo(parent), span.name];
}

async function received(matches: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> {
  await expect.poll(() => collector.spans.find(matches), { timeout: 20_000, interval: 100 }).toBeDefined();
  return collector.spans.find(matches)!;
}

/** Waits until all spans above have been received, too: those of workflows are sent when their tasks end. */
async function wayOf(matches: (span: ReceivedSpan) => boolean): Promise<string[]> {
  const span = await received(matches);
  let way: string[] = [];
  await expect
    .poll(
      () => {
        way = wayTo(span);
        return way.length;
      },
      { timeout: 20_000, interval: 100 },
    )
    .toBeGreaterThan(1);
  return way;
}

test('one trace follows a publish from its client to the committed row', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const server = serverJson('com.example/published', '1.0.0');
  const response = await running.api.send('POST', '/v0.1/publish', {
    body: server,
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  });
  expect(response.status).toBe(200);

  const ofTrace = (name: string) => (span: ReceivedSpan) => span.traceId === traceId && span.name === name;
  const request = await received(ofTrace('POST /v0.1/publish'));
  expect(request).toMatchObject({ parentSpanId: '00f067aa0ba902b7', statusCode: 0 });
  expect(request.attributes).toMatchObject({ 'http.route': '/v0.1/publish', 'http.response.status_code': 200 });

  // The span of the client isn't ours.
  const clientSpan = { ...request, spanId: '00f067aa0ba902b7', parentSpanId: '', name: 'client' };
  (collector.spans as ReceivedSpan[]).push(clientSpan);
  const toActivity = [
    'client',
    'POST /v0.1/publish',
    'StartWorkflowUpdate:publish',
    'HandleUpdate:publish',
    'StartActivity:write',
    'RunActivity:write',
  ];
  expect(await wayOf(ofTrace('RunActivity:write'))).toEqual(toActivity);
  expect(await wayOf(ofTrace('INSERT write_request'))).toEqual([
    'client',
    'POST /v0.1/publish',
    'INSERT write_request',
  ]);
  expect(await wayOf(ofTrace('INSERT entry'))).toEqual([...toActivity, 'INSERT entry']);
});

test('one trace follows a sync from its timer to the new revision', async () => {
  const cycleOf = (trigger: string) => (span: ReceivedSpan) =>
    span.name === 'SourceCycle' && span.attributes['rollcall.sync.trigger'] === trigger;
  await received(cycleOf('start'));
  version = 2;
  const cycle = await received(cycleOf('timer'));
  expect(cycle.parentSpanId).toBe('');
  expect(cycle.attributes).toMatchObject({ 'rollcall.source': 'timed' });

  const ofTrace = (name: string) => (span: ReceivedSpan) => span.traceId === cycle.traceId && span.name === name;
  expect(await wayOf(ofTrace('RunActivity:check'))).toEqual([
    'SourceCycle',
    'StartActivity:check',
    'RunActivity:check',
  ]);
  const toSync = ['SourceCycle', 'StartChildWorkflow:sync', 'RunWorkflow:sync'];
  const toApply = [...toSync, 'StartActivity:applySnapshot', 'RunActivity:applySnapshot'];
  expect(await wayOf(ofTrace('RunActivity:applySnapshot'))).toEqual(toApply);
  expect(await wayOf(ofTrace('UPDATE registry'))).toEqual([...toApply, 'UPDATE registry']);

  const fetches = collector.spans.filter(({ traceId, name }) => traceId === cycle.traceId && name === 'GET');
  expect(fetches.map(wayTo)).toContainEqual([
    ...toSync,
    'StartActivity:fetchSnapshot',
    'RunActivity:fetchSnapshot',
    'GET',
  ]);
  const applied = collector.spans.find(ofTrace('RunActivity:applySnapshot'));
  expect(applied?.attributes).toMatchObject({ 'rollcall.sync.outcome': 'changed' });
  expect(JSON.stringify(collector.spans)).not.toContain('geheim');
});

test('a failed activity is recorded, with the type of the failure', async () => {
  upstream.removeAllListeners('request');
  upstream.on('request', (_request, response) => void response.writeHead(404).end());
  const failed = await received(({ name, statusCode }) => name === 'RunActivity:fetchSnapshot' && statusCode === 2);
  expect(failed.traceId).not.toBe('');
});

test('metrics are pushed too, the last time when the process stops', async () => {
  await running.api.stop();
  await expect.poll(() => [...collector.metricNames], { timeout: 10_000 }).toContain('http.server.request.duration');
  expect([...collector.metricNames]).toEqual(
    expect.arrayContaining(['rollcall.source.lateness', 'db.client.operation.duration', 'rollcall.sync.duration']),
  );
  await expect.poll(() => [...collector.metricNames], { timeout: 10_000 }).toContain('temporal_worker_start');
});
