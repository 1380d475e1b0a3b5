import type { ConnectionSettings } from './settings.ts';
import { withClient } from './plain-client.ts';

export interface DatabaseServer {
  /** The version of PostgreSQL, such as `18.1`. */
  readonly version: string;
  /** The time according to the server. */
  readonly now: Date;
}

/** Logs in and asks the server for its version and time. Throws the error of the connection. */
export async function askDatabaseServer(settings: ConnectionSettings): Promise<DatabaseServer> {
  return await withClient(settings, async (client) => {
    const { rows } = await client.query<{ now: string; version: string }>(
      "select clock_timestamp()::text as now, current_setting('server_version') as version",
    );
    const [row] = rows;
    return { version: row?.version ?? 'unknown', now: new Date(row?.now ?? Number.NaN) };
  });
}
