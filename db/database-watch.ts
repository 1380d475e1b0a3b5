/** Finds out within two seconds that the database doesn't answer, and that it answers again. */
import pg from 'pg';
import { clientConfiguration } from './connection-settings.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { pause } from './pause.ts';

/** Milliseconds between two questions, and that an answer can take. */
const INTERVAL_MS = 250;
const ANSWERED_WITHIN_MS = 1_500;

/** The database doesn't answer. Whether something that it was asked for before is carried out isn't known. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';

  constructor(cause?: unknown) {
    super('Database unavailable', cause === undefined ? undefined : { cause });
  }
}

export interface WatchedConnections {
  /** For a connection of the watch's own. */
  readonly settings: ConnectionSettings;
  /** Asks on another connection, for when there is none of its own. */
  readonly ask: () => Promise<void>;
}

export interface DatabaseWatch {
  /** Aborted, with a `DatabaseUnavailable`, while the database doesn't answer; another one after each change. */
  readonly loss: () => AbortSignal;
  readonly close: () => Promise<void>;
}

/**
 * Asks the database for a sign of life on a connection of its own until `close`, a few times a second. Until the first answer
 * the database counts as available.
 *
 * @param onChange called with whether the database answers, each time that changes
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
      // It may have no connection left for this, and answer on those that it has.
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
      // Another error means that the connection was lost, which says nothing: the next one tells.
      if (error instanceof LateAnswer) note(error);
    }
    // Not awaited: a connection that doesn't answer doesn't say goodbye either.
    void client.end().catch(() => undefined);
  }
}

class LateAnswer extends Error {
  override readonly name = 'LateAnswer';
}

async function connect(settings: ConnectionSettings): Promise<pg.Client> {
  const client = new pg.Client(await clientConfiguration(settings));
  client.on('error', () => {}); // the question that is under way, or the next one, fails
  await client.connect();
  return client;
}

/** @throws what the question throws, LateAnswer where there is no answer in time. */
async function answered<Answer>(question: Promise<Answer>, closing: AbortSignal): Promise<Answer> {
  let answer: { readonly is: Answer } | undefined;
  const asked = question.then((is) => (answer = { is }));
  const late = pause(ANSWERED_WITHIN_MS, closing).then(
    // An answer may have arrived while this process was busy, and is read in the next turn of the event loop.
    () => new Promise<void>((resolve) => void setTimeout(resolve, 10)),
  );
  await Promise.race([asked, late]);
  if (answer !== undefined) return answer.is;
  asked.catch(() => undefined);
  throw new LateAnswer(`The database gave no answer within ${ANSWERED_WITHIN_MS} ms`);
}
