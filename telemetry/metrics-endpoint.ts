/** `/metrics` of the internal port. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectMetrics } from './meter.ts';
import { renderMetrics } from './prometheus.ts';

/** Answers with all metrics of this process. Values that can't be read now, such as those from Postgres, are missing. */
export async function sendMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { resourceMetrics } = await collectMetrics();
  const { contentType, body } = renderMetrics(resourceMetrics, request.headers.accept);
  response.writeHead(200, { 'Content-Type': contentType }).end(body);
}
