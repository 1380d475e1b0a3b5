/** The API process. Reads work even while Temporal is unavailable. */
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { createApp } from './app.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { openInternalPort, type Readiness } from '../telemetry/internal-port.ts';
import { ENDPOINT_GROUPS } from './endpoints/groups.ts';
import { apiReadiness } from './endpoints/system/health.ts';
import { messageClassesOf } from './http/express-messages.ts';
import { listen } from './http/listener.ts';
import { observed, type RequestObserver } from './http/observed-requests.ts';
import { RequestReports } from './http/request-reports.ts';
import { routePatterns } from './http/route-patterns.ts';
import { ServerLookups } from './http/server-lookups.ts';
import { type ContextOptions, openContext, type OpenContext } from './open-context.ts';

export interface ApiOptions extends ContextOptions, ServeOptions {}

interface ServeOptions {
  /** `host:port` or `:port`; port 0 picks a free one. */
  readonly addresses: { readonly public: string; readonly internal: string };
  /**
   * Ends the API. From now on it isn't ready, but answers for `drainDelayMs` as before, so that load balancers notice.
   * Then it takes no new connections, and answers under way are finished within about eight seconds.
   */
  readonly signal: AbortSignal;
  readonly drainDelayMs: number;
  /** Called when the API accepts requests. */
  readonly onReady?: (urls: { readonly public: string; readonly internal: string }) => void;
}

/**
 * Runs until the signal. Doesn't close the database.
 *
 * @throws Error if it can't listen at an address, and errors of `openContext`.
 */
export async function runApi(options: ApiOptions): Promise<void> {
  keepYoungObjectsTogether();
  const opened = await openContext(options);
  try {
    await serve(opened, options);
  } finally {
    await opened.close();
  }
}

/**
 * Creates all objects in V8's young generation. Otherwise, V8 decides while a process starts that objects from some places
 * in the code live long, and creates them in the old generation. Until the next full garbage collection, those of finished
 * requests keep everything that they refer to, which made reads in about every third process take 1.6 times the CPU time.
 */
export function keepYoungObjectsTogether(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

async function serve(opened: OpenContext, options: ApiOptions): Promise<void> {
  const { context } = opened;
  const { addresses, signal, drainDelayMs, onReady } = options;
  const readiness = (): Promise<Readiness> => apiReadiness(context);
  const internal = await openInternalPort({ address: addresses.internal, readiness });
  const observer = observerOf(opened, options);
  try {
    const app = createApp(context);
    const open = await listen(observed(observer, app), addresses.public, { messageClasses: messageClassesOf(app) });
    options.logger.info({ address: open.url, internalAddress: internal.url }, `The API listens on ${open.url}`);
    try {
      onReady?.({ public: open.url, internal: internal.url });
      if (!signal.aborted) await once(signal, 'abort');
      if (drainDelayMs > 0) {
        open.endKeptConnections();
        await delay(drainDelayMs);
      }
    } finally {
      await open.close();
    }
  } finally {
    observer.reports.close();
    // Last, so that probes are answered while the public side drains.
    await internal.close();
  }
}

/** The observer that logs, measures, and traces the requests to this API. */
export function observerOf(
  { isTracing }: OpenContext,
  { logger, telemetry }: Pick<ApiOptions, 'logger' | 'telemetry'>,
): RequestObserver {
  const patterns = ENDPOINT_GROUPS.flatMap(({ bases, endpoints }) =>
    bases.flatMap((base) => endpoints.map(({ path }) => base.path + path)),
  );
  return {
    isTracing,
    routeOf: routePatterns(patterns),
    reports: new RequestReports(logger, new ServerLookups(telemetry?.metrics.serverLookups ?? 0)),
  };
}
