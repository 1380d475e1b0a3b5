/**
 * An API on the database of the run, for measures that compare it with itself: with each request logged and measured, as
 * in production, or without. Its parent process sends which, and gets the port.
 */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { createApp } from '../../api/app.ts';
import { observed } from '../../api/http/observed-requests.ts';
import { openContext } from '../../api/open-context.ts';
import { keepYoungObjectsTogether, observerOf } from '../../api/run-api.ts';
import { openDatabase, type ConnectionSettings } from '../../db/connection/database.ts';
import { createLogger } from '../../telemetry/logger.ts';

export interface ApiOrder {
  readonly connection: ConnectionSettings;
  readonly isObserved: boolean;
}

process.once('message', ({ connection, isObserved }: ApiOrder) => void serve(connection, isObserved));
process.once('disconnect', () => process.exit());

async function serve(connection: ConnectionSettings, isObserved: boolean): Promise<void> {
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
  const server = createServer(isObserved ? observed(observerOf(opened, options), app) : app);
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}
