/** Statements are composed with slonik's `sql`, which names the schema of their rows, and sent with `pg`. */
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import type pg from 'pg';
import type { QuerySqlToken } from 'slonik';
import type { z } from 'zod';

/** A statement with its values and the schema of its rows. */
export type Query<Row = unknown> = QuerySqlToken<z.ZodType<Row>>;

/** Runs statements: the database, each on a free connection, or a transaction. */
export abstract class Queries {
  /** Sends a statement. Rows come as the driver parses them. */
  protected abstract send(query: Query): Promise<pg.QueryResult<object>>;

  /** Runs a statement whose rows don't matter. */
  async query(query: Query): Promise<{ readonly rowCount: number }> {
    const { rowCount } = await this.send(query);
    return { rowCount: rowCount ?? 0 };
  }

  /** @throws ZodError, as all of these do, if a row doesn't match its schema */
  async any<Row>(query: Query<Row>): Promise<readonly Row[]> {
    const { rows } = await this.send(query);
    return rows.map((row) => query.parser.parse(row));
  }

  /** The first column of each row. */
  async anyFirst<Row extends object>(query: Query<Row>): Promise<readonly Row[keyof Row][]> {
    return (await this.any(query)).map((row) => Object.values(row)[0] as Row[keyof Row]);
  }

  async maybeOne<Row>(query: Query<Row>): Promise<Row | null> {
    return atMostOne(await this.any(query));
  }

  async maybeOneFirst<Row extends object>(query: Query<Row>): Promise<Row[keyof Row] | null> {
    return atMostOne(await this.anyFirst(query));
  }

  async one<Row>(query: Query<Row>): Promise<Row> {
    return exactlyOne(await this.any(query));
  }

  async oneFirst<Row extends object>(query: Query<Row>): Promise<Row[keyof Row]> {
    return exactlyOne(await this.anyFirst(query));
  }
}

function atMostOne<Item>(items: readonly Item[]): Item | null {
  return items.length === 0 ? null : exactlyOne(items);
}

function exactlyOne<Item>(items: readonly Item[]): Item {
  if (items.length !== 1) throw new Error(`A query returned ${items.length} rows instead of one`);
  return items[0]!;
}

/** The configuration of `pg` for a statement. */
export function driverQuery({ name, sql, values }: Query): pg.QueryConfig {
  const { text } = statementOf(sql);
  return { text, values: [...values], ...(name !== undefined && { name }) };
}

/**
 * Makes a query a prepared statement, so that PostgreSQL reuses its plan. Only for queries whose best plan doesn't
 * depend on their parameters.
 */
export function prepared<Row>(query: Query<Row>): Query<Row> {
  return { ...query, name: statementOf(query.sql).name };
}

interface Statement {
  /** The SQL with the placeholders of `pg`. */
  readonly text: string;
  /** The name of the prepared statement. */
  readonly name: string;
}

/** Statements by slonik's SQL, which has few variants. */
const statements = new LRUCache<string, Statement>({ max: 1_000 });

function statementOf(sql: string): Statement {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = { text: sql.replaceAll('$slonik_', '$'), name: hash('sha1', sql) };
  statements.set(sql, statement);
  return statement;
}
