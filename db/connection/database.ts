import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { sql } from 'slonik';
import { observeStatement } from '../../telemetry/statements.ts';
import { type Connection, type Connections, poolOf, STATEMENT_TIMEOUT_MS, type WaitLimits } from './pool.ts';
import { driverQuery, Queries, type Query } from './queries.ts';
import { nothing } from './schemas.ts';
import type { ConnectionSettings } from './settings.ts';
import { DatabaseUnavailable } from './availability.ts';

export { DEFAULT_MAX_CONNECTIONS, QUICK_REFUSAL } from './pool.ts';
export type { ConnectionSettings, SslMode } from './settings.ts';

/** PostgreSQL reports a timeout itself. If it doesn't do so within this additional time, the connection is lost. */
const ANSWER_MARGIN_MS = 5_000;
/** Large enough for the number of messages not to matter, and small enough for memory. */
const COPY_BLOCK_CHARACTERS = 256 * 1024;
/** How often work is repeated that PostgreSQL rolled back because of a deadlock or a concurrent change. */
const ROLLBACK_RETRIES = 5;
/** SQLSTATE class "transaction rollback". */
const ROLLED_BACK = /^40/;

export interface TransactionOptions {
  /** Milliseconds that each statement can take. Default 30 s. */
  readonly statementTimeoutMs?: number;
  /** How often to repeat it if PostgreSQL rolls it back because of a deadlock or a concurrent change. Default 5. */
  readonly retries?: number;
}

/** The database access of a process. Each statement takes a connection while it runs. */
export class Database extends Queries {
  readonly connections: Connections;

  constructor(connections: Connections) {
    super();
    this.connections = connections;
  }

  protected override async send(query: Query): Promise<pg.QueryResult<object>> {
    return await retried(ROLLBACK_RETRIES, () =>
      this.connections.use((connection) => new Transaction(connection, STATEMENT_TIMEOUT_MS).send(query)),
    );
  }

  /** Runs the work in a transaction, which is rolled back if the work fails. */
  async transaction<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    { statementTimeoutMs = STATEMENT_TIMEOUT_MS, retries = ROLLBACK_RETRIES }: TransactionOptions = {},
  ): Promise<Result> {
    return await retried(retries, () =>
      this.connections.use(async (connection) => {
        const transaction = new Transaction(connection, statementTimeoutMs);
        try {
          await transaction.command(`begin; set local statement_timeout = ${statementTimeoutMs}`);
          const result = await work(transaction);
          await transaction.command('commit');
          return result;
        } catch (error) {
          if (!connection.isBroken) await transaction.command('rollback').catch(() => {});
          throw error;
        }
      }),
    );
  }

  /** Waits for running statements and closes all connections. */
  async close(): Promise<void> {
    await this.connections.close();
  }
}

/** Connects to a migrated database. Throws if it can't be reached or refuses the login. */
export async function openDatabase(settings: ConnectionSettings, limits?: WaitLimits): Promise<Database> {
  const database = new Database(await poolOf(settings, limits));
  try {
    await database.query(sql.type(nothing)`select`);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** A connection with an open transaction. */
export class Transaction extends Queries {
  readonly #connection: Connection;
  readonly #deadlineMs: number;

  constructor(connection: Connection, statementTimeoutMs: number) {
    super();
    this.#connection = connection;
    this.#deadlineMs = statementTimeoutMs + ANSWER_MARGIN_MS;
  }

  override async send(query: Query): Promise<pg.QueryResult<object>> {
    const statement = { ...driverQuery(query), ...this.#deadline() };
    return await this.#answered(statement.text, (client) => client.query(statement));
  }

  /** Sends SQL without values, which can be several statements. */
  async command(text: string): Promise<void> {
    await this.#answered(text, (client) => client.query({ text, ...this.#deadline() }));
  }

  /** Runs `COPY … FROM STDIN` with lines in the text format. They are sent in blocks: a message for each line takes much longer. */
  async copy(statement: string, lines: readonly string[]): Promise<void> {
    const { client } = this.#connection;
    // The state of a connection after a failed COPY is unknown.
    this.#connection.isBroken = true;
    const copied = observeStatement(statement, () =>
      pipeline(Readable.from(blocksOf(lines)), client.query(copyFrom(statement))),
    );
    // Aborting the streams wouldn't help: they wait for PostgreSQL to confirm it. Closing the connection ends them.
    const late = once(AbortSignal.timeout(this.#deadlineMs), 'abort').then(() => {
      throw new DatabaseUnavailable(new Error(`COPY wasn't answered within ${this.#deadlineMs} ms`));
    });
    await Promise.race([copied, late]);
    this.#connection.isBroken = false;
  }

  /** `pg` has the option, but its types don't. */
  #deadline(): object {
    return { query_timeout: this.#deadlineMs };
  }

  async #answered<Answer>(text: string, ask: (client: pg.ClientBase) => Promise<Answer>): Promise<Answer> {
    try {
      return await observeStatement(text, () => ask(this.#connection.client));
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) this.#connection.isBroken = true;
      throw error;
    }
  }
}

function* blocksOf(lines: readonly string[]): Generator<Buffer, void, void> {
  let block = '';
  for (const line of lines) {
    block += line;
    if (block.length < COPY_BLOCK_CHARACTERS) continue;
    yield Buffer.from(block);
    block = '';
  }
  if (block !== '') yield Buffer.from(block);
}

async function retried<Result>(retries: number, work: () => Promise<Result>): Promise<Result> {
  for (let left = retries; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      const isRolledBack = error instanceof pg.DatabaseError && ROLLED_BACK.test(error.code ?? '');
      if (!isRolledBack || left === 0) throw error;
    }
  }
}
