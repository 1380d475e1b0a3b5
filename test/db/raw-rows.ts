import type pg from 'pg';
import type { Database } from '../../db/connection/database.ts';

/** Runs any SQL as the application's user. */
export async function rawRows<Row extends pg.QueryResultRow>(database: Database, text: string): Promise<Row[]> {
  return await database.connections.use(async ({ client }) => (await client.query<Row>(text)).rows);
}
