import type { ConnectionSettings } from './settings.ts';
import { withClient } from './plain-client.ts';

export interface DatabaseServer {
  /** Such as `18.1`. */
  readonly version: string;
  /** Its clock. */
  readonly now: Date;
}

/** Logs in and asks the server what it is. Throws the error of the connection. */
export async function askDatabaseServer(settings: ConnectionSettings): Promise<DatabaseServer> {
  return await withClient(settings, async (client) => {
    const { rows } = await client.query<{ now: string; version: string }>(
      "select clock_timestamp()::text as now, current_setting('server_version') as version",
    );
    const [row] = rows;
    return { version: row?.version ?? 'unknown', now: new Date(row?.now ?? Number.NaN) };
  });
}
