/** A PostgreSQL for one test alone: to log in as the superuser, or to kill it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionSettings } from '../../db/connection/database.ts';
import { migrateUp } from '../../db/upkeep/migrations.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { preparePostgresHost } from '../../embedded/postgres-host.ts';

export interface OwnPostgres {
  readonly dataDirectory: string;
  /** The application's user, in a migrated database. */
  readonly settings: ConnectionSettings;
  /** The owner of the database, who migrates. */
  readonly ownerSettings: ConnectionSettings;
  readonly superuserSettings: ConnectionSettings;
  /** `kill -9`, like a machine that loses its power. */
  kill(): Promise<void>;
  /** On the same port and data as before. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'rollcall-own-postgres-'));
  let running: EmbeddedPostgres = await startEmbeddedPostgres({ dataDirectory });
  const { settings, ownerSettings } = running;
  await migrateUp(ownerSettings);
  const { clusterDirectory } = await preparePostgresHost(dataDirectory);
  await writeFile(
    join(clusterDirectory, 'pg_hba.conf'),
    'host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
  );
  process.kill(running.process.pid, 'SIGHUP');
  return {
    dataDirectory,
    settings,
    ownerSettings,
    superuserSettings: { ...settings, user: 'postgres', password: undefined },
    kill: async () => {
      process.kill(running.process.pid, 'SIGKILL');
      await running.process.ended;
    },
    restart: async () => {
      running = await startEmbeddedPostgres({ dataDirectory, port: settings.port });
    },
    remove: async () => {
      await running.process.stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
