import pg from 'pg';
import { clientConfiguration } from './settings.ts';
import type { ConnectionSettings } from './settings.ts';

/** Works over one plain connection, for statements that are no queries of the application: of schemas, roles, locks. */
export async function withClient<Result>(
  settings: ConnectionSettings,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(await clientConfiguration(settings));
  client.on('error', () => {}); // a broken connection fails the query that waits for it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
