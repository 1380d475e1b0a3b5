/**
 * An API on the database of the run that is compared with itself: in turns, it logs and measures each request, as in
 * production, or doesn't. Its parent process sends the connection first and gets the port, then asks for a comparison.
 *
 * Both sides share a process and take short turns, because two processes with the same code differ by up to 20 %, and a
 * machine with other work by more from second to second.
 */
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from '../../api/app.ts';
import { messageClassesOf } from '../../api/http/express-messages.ts';
import { listen } from '../../api/http/listener.ts';
import { observed } from '../../api/http/observed-requests.ts';
import { openContext } from '../../api/open-context.ts';
import { keepYoungObjectsTogether, observerOf } from '../../api/run-api.ts';
import { openDatabase, type ConnectionSettings } from '../../db/connection/database.ts';
import { createLogger } from '../../telemetry/logger.ts';

export interface ApiSetup {
  readonly connection: ConnectionSettings;
}

export interface ComparisonRequest {
  /** How many turns each side gets. */
  readonly turns: number;
  readonly turnMs: number;
}

/** The cost of the requests that were answered in a turn. */
export interface Turn {
  /** CPU time of the process per request. */
  readonly microseconds: number;
  readonly requestsPerSecond: number;
}

export interface Comparison {
  readonly observed: readonly Turn[];
  readonly unobserved: readonly Turn[];
}

process.once('message', ({ connection }: ApiSetup) => void serve(connection));
process.once('disconnect', () => process.exit());

async function serve(connection: ConnectionSettings): Promise<void> {
  keepYoungObjectsTogether();
  const logger = createLogger('api', {});
  const options = {
    // Reads don't need Temporal.
    temporal: { address: '127.0.0.1:1', namespace: 'default', taskQueue: 'rollcall' },
    database: await openDatabase(connection),
    connection,
    auth: { mode: 'anonymous' },
    audit: { enabled: false, excludeEventTypes: [], retentionMs: 0 },
    rateLimits: { writesPerMinute: 600, failedAuthenticationsPerMinute: 30 },
    trustedProxies: [],
    publicHosts: [],
    maxStaleMs: 600_000,
    limits: { publisherExtensionBytes: 4096 },
    outbound: { allow: [] },
    logger,
    signal: new AbortController().signal,
  } as const;
  const opened = await openContext(options);
  const app = createApp(opened.context);
  let listener: RequestListener = app;
  let requests = 0;
  const count: RequestListener = (request, response) => {
    requests += 1;
    listener(request, response);
  };

  const takeTurn = async (turnMs: number, chosen: RequestListener, end?: () => void): Promise<Turn> => {
    listener = chosen;
    requests = 0;
    const startedAt = performance.now();
    const before = process.cpuUsage();
    await delay(turnMs);
    end?.();
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - startedAt) / 1000;
    return { microseconds: (user + system) / requests, requestsPerSecond: requests / seconds };
  };
  const takeObservedTurn = async (turnMs: number): Promise<Turn> => {
    const observer = observerOf(opened, options);
    return await takeTurn(turnMs, observed(observer, app), () => observer.reports.close());
  };

  process.on('message', (request: ComparisonRequest) => void compare(request));
  const compare = async ({ turns, turnMs }: ComparisonRequest): Promise<void> => {
    const comparison = { observed: [] as Turn[], unobserved: [] as Turn[] };
    for (let turn = 0; turn < turns; turn += 1) {
      comparison.observed.push(await takeObservedTurn(turnMs));
      comparison.unobserved.push(await takeTurn(turnMs, app));
    }
    listener = app;
    process.send?.(comparison satisfies Comparison);
  };

  const { url } = await listen(count, '127.0.0.1:0', { messageClasses: messageClassesOf(app) });
  process.send?.(Number(new URL(url).port));
}
