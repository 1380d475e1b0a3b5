import pg from 'pg';
import { clientConfiguration, type ConnectionSettings } from './settings.ts';

/** Works with a separate connection, for statements about schemas, roles, and locks. */
export async function withClient<Result>(
  settings: ConnectionSettings,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(await clientConfiguration(settings));
  client.on('error', () => {}); // the pending query fails
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
