/** The API process. Reads work even while Temporal is unavailable. */
import { once } from 'node:events';
import { createApp } from './app.ts';
import type { ApiContext } from './context.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { openInternalPort, type Readiness } from '../telemetry/internal-port.ts';
import { apiReadiness } from './endpoints/system/health.ts';
import { listen } from './http/listener.ts';
import { type ContextOptions, openContext } from './open-context.ts';

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
  const opened = await openContext(options);
  try {
    await serve(opened.context, options);
  } finally {
    await opened.close();
  }
}

async function serve(context: ApiContext, options: ServeOptions): Promise<void> {
  const { addresses, signal, drainDelayMs, onReady } = options;
  const readiness = (): Promise<Readiness> => apiReadiness(context);
  const internal = await openInternalPort({ address: addresses.internal, readiness });
  try {
    const open = await listen(createApp(context), addresses.public);
    try {
      onReady?.({ public: open.url, internal: internal.url });
      if (!signal.aborted) await once(signal, 'abort');
      open.endKeptConnections();
      await delay(drainDelayMs);
    } finally {
      await open.close();
    }
  } finally {
    // Last, so that probes are answered while the public side drains.
    await internal.close();
  }
}
