/** Detects within two seconds that the database stops responding, or responds again. */
import pg from 'pg';
import { clientConfiguration } from './settings.ts';
import type { ConnectionSettings } from './settings.ts';
import { pause } from './pause.ts';

/** Milliseconds between pings, and their timeout. */
const INTERVAL_MS = 250;
const ANSWERED_WITHIN_MS = 1_500;

/** The database doesn't respond. It is unknown whether pending statements were executed. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';

  constructor(cause?: unknown) {
    super('Database unavailable', cause === undefined ? undefined : { cause });
  }
}

export interface WatchedConnections {
  /** Settings for a separate connection. */
  readonly settings: ConnectionSettings;
  /** Pings on another connection, in case the separate one can't be opened. */
  readonly ask: () => Promise<void>;
}

export interface DatabaseWatch {
  /** Aborted with a `DatabaseUnavailable` while the database doesn't respond. A new signal after each change. */
  readonly loss: () => AbortSignal;
  readonly close: () => Promise<void>;
}

/**
 * Pings the database a few times a second on a separate connection, until `close`. The database counts as available
 * until the first result.
 *
 * @param onChange called with whether the database responds, on each change
 */
export function watchDatabase(
  connections: WatchedConnections,
  onChange: (isAvailable: boolean) => void,
): DatabaseWatch {
  const closing = new AbortController();
  let loss = new AbortController();
  const note = (error: unknown): void => {
    if (closing.signal.aborted || loss.signal.aborted === (error !== undefined)) return;
    if (error === undefined) loss = new AbortController();
    else loss.abort(new DatabaseUnavailable(error));
    onChange(error === undefined);
  };
  const ended = keepAsking(connections, note, closing.signal);
  return {
    loss: () => loss.signal,
    close: async () => {
      closing.abort();
      await ended;
    },
  };
}

async function keepAsking(
  { settings, ask }: WatchedConnections,
  note: (error: unknown) => void,
  closing: AbortSignal,
): Promise<void> {
  while (!closing.aborted) {
    const client = await connect(settings).catch(() => undefined);
    if (client === undefined) {
      // The database may have no free connection left, and still respond on existing ones.
      await answered(ask(), closing).then(() => note(undefined), note);
      await pause(INTERVAL_MS, closing);
      continue;
    }
    try {
      while (!closing.aborted) {
        await answered(client.query('select'), closing);
        note(undefined);
        await pause(INTERVAL_MS, closing);
      }
    } catch (error) {
      // Other errors mean that the connection was lost, which proves nothing. The next connection will show.
      if (error instanceof LateAnswer) note(error);
    }
    // Not awaited: a hanging connection doesn't close properly either.
    void client.end().catch(() => undefined);
  }
}

class LateAnswer extends Error {
  override readonly name = 'LateAnswer';
}

async function connect(settings: ConnectionSettings): Promise<pg.Client> {
  const client = new pg.Client(await clientConfiguration(settings));
  client.on('error', () => {}); // the current or next ping fails
  await client.connect();
  return client;
}

/** @throws the error of the ping, or LateAnswer if it times out */
async function answered<Answer>(question: Promise<Answer>, closing: AbortSignal): Promise<Answer> {
  let answer: { readonly is: Answer } | undefined;
  const asked = question.then((is) => (answer = { is }));
  const late = pause(ANSWERED_WITHIN_MS, closing).then(
    // A response may have arrived while this process was busy. It is read in the next turn of the event loop.
    () => new Promise<void>((resolve) => void setTimeout(resolve, 10)),
  );
  await Promise.race([asked, late]);
  if (answer !== undefined) return answer.is;
  asked.catch(() => undefined);
  throw new LateAnswer(`The database didn't respond within ${ANSWERED_WITHIN_MS} ms`);
}
