/** The port for probes and metrics of every process. It must not be published. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { softwareVersion } from './software-version.ts';
import { type HttpListener, listen } from '../api/http/listener.ts';
import { collectMetrics } from './meter.ts';
import { renderMetrics } from './prometheus.ts';

/** Whether a process can do its work now. */
export interface Readiness {
  readonly isReady: boolean;
  /** The result of each check: `{"database": "available"}`. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface InternalPortOptions {
  /** `host:port` or `:port`, port 0 for any that is free. */
  readonly address: string;
  /** Called for each request to `/readiness`. Must answer within seconds and never throw. */
  readonly readiness: () => Promise<Readiness>;
}

const RETRY_AFTER_SECONDS = '5';

/**
 * Serves `/health`, `/readiness`, `/version`, and `/metrics`. `/health` depends only on this process: restarting it
 * because Postgres or Temporal is unavailable would only delay the recovery.
 *
 * @throws Error that names the address if it can't be listened at
 */
export async function openInternalPort({ address, readiness }: InternalPortOptions): Promise<HttpListener> {
  const version = versionInformation();
  return await listen((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, { error: `The internal port only answers GET and HEAD` });
    } else if (path === '/health') {
      answer(response, 200, { status: 'healthy' });
    } else if (path === '/readiness') {
      void readiness().then((found) => answerReadiness(response, found));
    } else if (path === '/version') {
      answer(response, 200, version);
    } else if (path === '/metrics') {
      void sendMetrics(request, response);
    } else {
      answer(response, 404, {
        error: `Nothing at ${path}: the internal port has /health, /readiness, /version, /metrics`,
      });
    }
  }, address);
}

/** Answers with all metrics of this process. Values that can't be read now, such as those from Postgres, are missing. */
async function sendMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { resourceMetrics } = await collectMetrics();
  const { contentType, body } = renderMetrics(resourceMetrics, request.headers.accept);
  response.writeHead(200, { 'Content-Type': contentType }).end(body);
}

/** The answer of `/version`. */
interface VersionInformation {
  version: string;
  commit: string;
  build_date: string;
  node_version: string;
  platform: string;
}

export function versionInformation(): VersionInformation {
  const { version, commit, buildDate } = softwareVersion();
  return {
    version,
    commit,
    build_date: buildDate,
    node_version: process.version,
    platform: `${process.platform}/${process.arch}`,
  };
}

function answerReadiness(response: ServerResponse, { isReady, checks }: Readiness): void {
  if (isReady) answer(response, 200, { status: 'ready', checks });
  else answer(response.setHeader('Retry-After', RETRY_AFTER_SECONDS), 503, { error: notReady(checks), checks });
}

/** `Not ready: database unavailable; registries not loaded`. */
export function notReady(checks: Readiness['checks']): string {
  return `Not ready: ${Object.entries(checks)
    .map(([name, found]) => `${name} ${found}`)
    .join('; ')}`;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
    .end(JSON.stringify(body));
}
