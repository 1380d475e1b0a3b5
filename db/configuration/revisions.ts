import pg from 'pg';
import { z } from 'zod';
import { clientConfiguration } from '../connection/settings.ts';
import type { ConnectionSettings } from '../connection/settings.ts';
import { pause } from '../connection/pause.ts';
import { backoffMs } from '../../registry/backoff.ts';
import { count, id } from '../connection/schemas.ts';

const revisionRow = z.object({
  registryId: id,
  revision: count,
  /** Identifies the state of the registry: equal tokens mean equal states. Rollcall 0.1 tells none. */
  token: z.string().optional(),
});
/** At which revision a registry is. */
export type RegistryRevision = z.infer<typeof revisionRow>;

export interface RevisionListener {
  /** A registry is at this revision. May repeat itself. */
  readonly onRevision: (revision: RegistryRevision) => void;
  /** These are all registries there are now. Told every few seconds: a database that is restored notifies of nothing. */
  readonly onRevisions: (revisions: readonly RegistryRevision[]) => void;
  /** Whether news will arrive by itself from now on. Right after `true` all revisions have been told. */
  readonly onConnection: (connected: boolean) => void;
}

/** Milliseconds between two readings of all revisions, which show that the connection is alive, and that one can take. */
const WATCHDOG_INTERVAL_MS = 5_000;
const WATCHDOG_TIMEOUT_MS = 5_000;
const GOODBYE_TIMEOUT_MS = 1_000;
const RECONNECT_BACKOFF = { firstMs: 100, longestMs: 5_000 };

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
  let failures = 0;
  while (!closing.aborted) {
    const wasConnected = await listenOnce(settings, listener, closing);
    if (wasConnected) {
      listener.onConnection(false);
      failures = 0;
    }
    failures += 1;
    await pause(backoffMs(RECONNECT_BACKOFF, failures), closing);
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
    listener.onRevisions(await readRevisions(client));
    connected = true;
    listener.onConnection(true);
    await watch(client, listener, AbortSignal.any([lost, closing]));
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

/** Reads all revisions at intervals; returns or throws when the connection is lost. */
async function watch(client: pg.Client, listener: RevisionListener, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await pause(WATCHDOG_INTERVAL_MS, over);
    if (!over.aborted) listener.onRevisions(await readRevisions(client));
  }
}

async function readRevisions(client: pg.Client): Promise<readonly RegistryRevision[]> {
  const { rows } = await client.query(
    `select id::text as "registryId", revision, revision_token::text as token from registry`,
  );
  return z.array(revisionRow).parse(rows);
}

/** `<registry id>:<revision>:<token>`, as ownership.ts sends it. */
function parseNotification(payload: string): RegistryRevision {
  const [registryId, revision, token] = payload.split(':');
  return revisionRow.parse({ registryId, revision, token });
}
