/** A collector: receives traces and metrics as OTLP over HTTP (protobuf), and keeps them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readMessage, type Message } from './protobuf.ts';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** The id of the parent; empty for the root of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** 2: the work failed. */
  readonly statusCode: number;
}

export interface OtlpReceiver {
  /** `host:port` */
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** The OpenTelemetry names of all metrics that were pushed. */
  readonly metricNames: ReadonlySet<string>;
  close(): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const metricNames = new Set<string>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      if (request.url === '/v1/traces') spans.push(...spansIn(body));
      else for (const name of metricNamesIn(body)) metricNames.add(name);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metricNames,
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

// The numbers of fields are those of opentelemetry/proto: trace/v1/trace.proto, metrics/v1/metrics.proto, common.proto.

function spansIn(body: Buffer): ReceivedSpan[] {
  const spans = readMessage(body)
    .messages(1)
    .flatMap((resource) => resource.messages(2))
    .flatMap((scope) => scope.messages(2));
  return spans.map((span) => ({
    traceId: span.bytes(1).toString('hex'),
    spanId: span.bytes(2).toString('hex'),
    parentSpanId: span.bytes(4).toString('hex'),
    name: span.bytes(5).toString(),
    attributes: Object.fromEntries(span.messages(9).map((pair) => [pair.bytes(1).toString(), valueOf(pair)])),
    statusCode: span.messages(15)[0]?.number(3) ?? 0,
  }));
}

function valueOf(pair: Message): string | number {
  const [value] = pair.messages(2);
  return value === undefined || value.has(1) ? (value?.bytes(1).toString() ?? '') : value.number(3);
}

function metricNamesIn(body: Buffer): string[] {
  return readMessage(body)
    .messages(1)
    .flatMap((resource) => resource.messages(2))
    .flatMap((scope) => scope.messages(2))
    .map((metric) => metric.bytes(1).toString());
}
