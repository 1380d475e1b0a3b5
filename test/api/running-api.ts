/** The API as it runs: on loopback, with a real database and the Temporal of the test. */
import pino, { type Logger } from 'pino';
import type { AuditSettings, AuthSettings, RateLimitSettings, TelemetrySettings } from '../../config/model.ts';
import type { ContextOptions } from '../../api/open-context.ts';
import { runApi } from '../../api/run-api.ts';
import { Database } from '../../db/connection/database.ts';
import type { Connections } from '../../db/connection/pool.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type TestNamespace } from '../temporal-namespace.ts';

export interface RunningApi {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly internalUrl: string;
  readonly database: Database;
  /** Queries that the API has sent to Postgres so far. */
  readonly queries: () => number;
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
  /** Sends JSON: a text unchanged, anything else as its JSON. */
  readonly send: (
    method: string,
    path: string,
    options?: { readonly body?: unknown; readonly headers?: Record<string, string> },
  ) => Promise<Response>;
  /** Stops the API and keeps the database. */
  readonly stop: () => Promise<void>;
}

/** Nothing listens here: reads need no Temporal. */
const NO_TEMPORAL: TestNamespace = { address: '127.0.0.1:1', namespace: 'default' };

const SILENT = pino({ level: 'silent' });

export interface ApiTestOptions {
  /** Of the public API. Default: a free one. */
  readonly port?: number;
  readonly temporal?: TestNamespace;
  readonly taskQueue?: string;
  /** Default: anonymous. */
  readonly auth?: AuthSettings;
  /** Default: off. */
  readonly audit?: AuditSettings;
  /** Default: more than a test sends. */
  readonly rateLimits?: RateLimitSettings;
  /** Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Default: none, so that the API is only reached by address. */
  readonly publicHosts?: readonly string[];
  /** Default: ten minutes. */
  readonly maxStaleMs?: number;
  readonly logger?: Logger;
  /** Default: none. */
  readonly telemetry?: TelemetrySettings;
  /** Default: 0. */
  readonly drainDelayMs?: number;
}

const NO_AUDIT: AuditSettings = { enabled: false, excludeEventTypes: [], retentionMs: 0 };
const NO_LIMITS: RateLimitSettings = { writesPerMinute: 1_000_000, failedAuthenticationsPerMinute: 1_000_000 };

/** What an API needs to run on the database. */
export function contextOptions(
  { database, settings }: Pick<TestDatabase, 'database' | 'settings'>,
  {
    temporal = NO_TEMPORAL,
    taskQueue = 'rollcall',
    auth = { mode: 'anonymous' },
    audit = NO_AUDIT,
    rateLimits = NO_LIMITS,
    trustedProxies = [],
    publicHosts = [],
    maxStaleMs = 600_000,
    logger = SILENT,
    telemetry,
  }: ApiTestOptions,
): ContextOptions {
  return {
    temporal: { ...temporal, taskQueue },
    database,
    connection: settings,
    auth,
    audit,
    rateLimits,
    trustedProxies,
    publicHosts,
    maxStaleMs,
    signal: new AbortController().signal,
    limits: { publisherExtensionBytes: 4096 },
    outbound: { allow: [] },
    logger,
    ...(telemetry && { telemetry }),
  };
}

export async function startApi(test: TestDatabase, options: ApiTestOptions = {}): Promise<RunningApi> {
  const stopping = new AbortController();
  const counted = countQueries(test.database);
  const { promise: ready, resolve } = Promise.withResolvers<{ public: string; internal: string }>();
  const ended = runApi({
    ...contextOptions({ ...test, database: counted.database }, options),
    addresses: { public: `127.0.0.1:${options.port ?? 0}`, internal: '127.0.0.1:0' },
    signal: stopping.signal,
    drainDelayMs: options.drainDelayMs ?? 0,
    onReady: resolve,
  });
  const urls = await Promise.race([ready, ended.then(() => Promise.reject(new Error('The API ended')))]);
  const request = (path: string, init?: RequestInit): Promise<Response> => fetch(urls.public + path, init);
  return {
    url: urls.public,
    internalUrl: urls.internal,
    database: test.database,
    queries: counted.queries,
    get: request,
    send: (method, path, { body, headers } = {}) =>
      request(path, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** An API with its own database, which is deleted when the API is stopped. */
export async function startApiOnFreshDatabase(): Promise<RunningApi> {
  const test = await createTestDatabase();
  const api = await startApi(test);
  return {
    ...api,
    stop: async () => {
      await api.stop();
      await test.drop();
    },
  };
}

/** The same database, with its statements and transactions counted. */
function countQueries({ connections }: Database): { database: Database; queries: () => number } {
  let queries = 0;
  const counted: Connections = {
    ...connections,
    use: async (work) => {
      queries += 1;
      return await connections.use(work);
    },
  };
  return { database: new Database(counted), queries: () => queries };
}
