/** The API: answers requests until it is told to stop, reads even while Temporal is unavailable. */
import { once } from 'node:events';
import type { ApiContext } from './context.ts';
import { listen } from './http/listener.ts';
import { createInternalApp } from './internal-app.ts';
import { type ContextOptions, openContext } from './open-context.ts';
import { createRequestListener } from './request-listener.ts';

export interface ApiOptions extends ContextOptions, ServeOptions {}

interface ServeOptions {
  /** `host:port` or `:port`, port 0 for any that is free. */
  readonly addresses: { readonly public: string; readonly internal: string };
  /** Ends the API: within about eight seconds, answers that are under way are finished. */
  readonly signal: AbortSignal;
  /** Called once requests are taken. */
  readonly onReady?: (urls: { readonly public: string; readonly internal: string }) => void;
}

/**
 * Runs until the signal. The database stays open, for its owner to close.
 *
 * @throws Error where an address cannot be listened at, and what `openContext` throws.
 */
export async function runApi(options: ApiOptions): Promise<void> {
  const opened = await openContext(options);
  try {
    await serve(opened.context, options);
  } finally {
    await opened.close();
  }
}

async function serve(context: ApiContext, { addresses, signal, onReady }: ServeOptions): Promise<void> {
  const internal = await listen(createInternalApp(context), addresses.internal);
  try {
    const open = await listen(createRequestListener(context), addresses.public);
    try {
      onReady?.({ public: open.url, internal: internal.url });
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await open.close();
    }
  } finally {
    // Last, so that probes are answered while the public side drains.
    await internal.close();
  }
}
