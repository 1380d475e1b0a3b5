import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { backoffMs } from '../../pacing/backoff.ts';
import { clientConfiguration, type ConnectionSettings } from './settings.ts';

export interface Listener {
  readonly onNotification: (payload: string) => void;
  /** Called with the connection after each start of listening, and every few seconds. If it fails, the connection is lost. */
  readonly check: (client: pg.Client) => Promise<void>;
  /** Called with whether notifications arrive. The first check has succeeded before each `true`. */
  readonly onConnection: (isConnected: boolean) => void;
}

/** Milliseconds between two checks, which also prove that the connection is alive. */
const CHECK_INTERVAL_MS = 5_000;
const ANSWER_TIMEOUT_MS = 5_000;
const END_TIMEOUT_MS = 1_000;
const RECONNECT_BACKOFF = { firstMs: 100, longestMs: 5_000 };

/**
 * Listens to a channel on a separate connection, until `close`. Replaces a lost connection, with increasing delays.
 * Notifications in between are lost, and `check` must make up for them.
 */
export function listen(
  settings: ConnectionSettings,
  channel: string,
  listener: Listener,
): { readonly close: () => Promise<void> } {
  const closing = new AbortController();
  const ended = keepListening(() => listenOnce(settings, { channel, listener, closing: closing.signal }), {
    listener,
    closing: closing.signal,
  });
  return {
    close: async () => {
      closing.abort();
      await ended;
    },
  };
}

async function keepListening(
  attempt: () => Promise<boolean>,
  { listener, closing }: { readonly listener: Listener; readonly closing: AbortSignal },
): Promise<void> {
  let failures = 0;
  while (!closing.aborted) {
    if (await attempt()) {
      listener.onConnection(false);
      failures = 0;
    }
    failures += 1;
    await delay(backoffMs(RECONNECT_BACKOFF, failures), undefined, { signal: closing }).catch(() => {});
  }
}

interface Listening {
  readonly channel: string;
  readonly listener: Listener;
  readonly closing: AbortSignal;
}

/** Listens until the connection is lost or closed. Returns whether there was one. */
async function listenOnce(settings: ConnectionSettings, { channel, listener, closing }: Listening): Promise<boolean> {
  let isConnected = false;
  let client: pg.Client | undefined;
  try {
    client = new pg.Client({ ...(await clientConfiguration(settings)), query_timeout: ANSWER_TIMEOUT_MS });
    const over = AbortSignal.any([lossOf(client), closing]);
    client.on('notification', ({ payload = '' }) => listener.onNotification(payload));
    await client.connect();
    await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    while (!over.aborted) {
      await listener.check(client);
      if (!isConnected) listener.onConnection(true);
      isConnected = true;
      await delay(CHECK_INTERVAL_MS, undefined, { signal: over }).catch(() => {});
    }
  } catch {
    // Whatever the reason is, the caller connects again.
  } finally {
    // A connection that doesn't answer can't be ended properly either.
    await Promise.race([client?.end().catch(() => {}), delay(END_TIMEOUT_MS)]);
  }
  return isConnected;
}

function lossOf(client: pg.Client): AbortSignal {
  const lost = new AbortController();
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  return lost.signal;
}
