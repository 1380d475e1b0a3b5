import pg from 'pg';
import { z } from 'zod';
import { clientConfiguration } from './connection-settings.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { count, id } from './schemas.ts';

const revisionRow = z.object({ registryId: id, revision: count });
/** At which revision a registry is. */
type RegistryRevision = z.infer<typeof revisionRow>;

export interface RevisionListener {
  /** A registry is at this revision. May repeat itself. */
  readonly onRevision: (revision: RegistryRevision) => void;
  /** Whether news will arrive by itself from now on. Right after `true` all revisions have been told. */
  readonly onConnection: (connected: boolean) => void;
}

/** Milliseconds between two questions whether the connection is alive, and that the answer may take. */
const WATCHDOG_INTERVAL_MS = 5_000;
const WATCHDOG_TIMEOUT_MS = 5_000;
const GOODBYE_TIMEOUT_MS = 1_000;
const RECONNECT_DELAY_MS = { first: 100, last: 5_000 } as const;

/**
 * Tells of revisions as they rise, by LISTEN on a connection of its own, until `close`. A lost connection is told at
 * once and made again, for ever, with growing delays; then all revisions are read again, since what was notified in
 * between is lost.
 */
export function listenForRevisions(
  settings: ConnectionSettings,
  listener: RevisionListener,
): { readonly close: () => Promise<void> } {
  const closing = new AbortController();
  const ended = keepListening(settings, listener, closing.signal);
  return {
    close: async () => {
      closing.abort();
      await ended;
    },
  };
}

async function keepListening(
  settings: ConnectionSettings,
  listener: RevisionListener,
  closing: AbortSignal,
): Promise<void> {
  let delay: number = RECONNECT_DELAY_MS.first;
  while (!closing.aborted) {
    const wasConnected = await listenOnce(settings, listener, closing);
    if (wasConnected) {
      listener.onConnection(false);
      delay = RECONNECT_DELAY_MS.first;
    }
    await pause(delay, closing);
    delay = Math.min(delay * 2, RECONNECT_DELAY_MS.last);
  }
}

/** Listens until the connection is lost or closed; false: there was none. */
async function listenOnce(
  settings: ConnectionSettings,
  listener: RevisionListener,
  closing: AbortSignal,
): Promise<boolean> {
  let connected = false;
  let client: pg.Client | undefined;
  try {
    client = new pg.Client({ ...(await clientConfiguration(settings)), query_timeout: WATCHDOG_TIMEOUT_MS });
    const lost = lossOf(client);
    client.on('notification', ({ payload }) => {
      listener.onRevision(parseNotification(payload ?? ''));
    });
    await client.connect();
    await client.query('listen registry_revision');
    // What rises from here on is notified, what rose before is read.
    const { rows } = await client.query(`select id::text as "registryId", revision from registry`);
    for (const revision of z.array(revisionRow).parse(rows)) listener.onRevision(revision);
    connected = true;
    listener.onConnection(true);
    await watch(client, lost, closing);
  } catch {
    // Whatever it was, the way on is the same: connect again.
  } finally {
    await hangUp(client);
  }
  return connected;
}

/** A connection that does not answer does not say goodbye either. */
async function hangUp(client: pg.Client | undefined): Promise<void> {
  await Promise.race([client?.end().catch(() => {}), pause(GOODBYE_TIMEOUT_MS, new AbortController().signal)]);
}

function lossOf(client: pg.Client): AbortSignal {
  const lost = new AbortController();
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  return lost.signal;
}

/** Asks for a sign of life at intervals; returns or throws when there is none. */
async function watch(client: pg.Client, lost: AbortSignal, closing: AbortSignal): Promise<void> {
  const over = AbortSignal.any([lost, closing]);
  while (!over.aborted) {
    await pause(WATCHDOG_INTERVAL_MS, over);
    if (!over.aborted) await client.query('select 1');
  }
}

/** `<registry id>:<revision>`, as ownership.ts sends it. */
function parseNotification(payload: string): RegistryRevision {
  const [registryId, revision] = payload.split(':');
  return revisionRow.parse({ registryId, revision });
}

async function pause(milliseconds: number, until: AbortSignal): Promise<void> {
  if (until.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      until.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    until.addEventListener('abort', finish);
  });
}
