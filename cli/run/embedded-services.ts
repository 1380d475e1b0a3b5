/** The services that `serve` runs when the configuration names none; restarted when they exit. */
import { join } from 'node:path';
import type { DatabaseSettings } from '../../config/model.ts';
import { findFreePort } from '../../embedded/free-port.ts';
import { keepRunning } from '../../embedded/keep-running.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../embedded/temporal.ts';
import { findTemporalBinary } from '../../embedded/temporal-binary.ts';

interface ServiceContext {
  /** The data folder. */
  readonly directory: string;
  readonly say: (message: string) => void;
}

export async function runEmbeddedPostgres(
  context: ServiceContext,
): Promise<{ readonly settings: DatabaseSettings; readonly stop: () => Promise<void> }> {
  context.say('Starting PostgreSQL');
  // Keep the port across restarts: other processes hold connection settings with it.
  const port = await findFreePort();
  let postgres: EmbeddedPostgres | undefined;
  const kept = await keepRunning({
    name: 'PostgreSQL',
    onMessage: context.say,
    start: async () => {
      postgres = await startEmbeddedPostgres({ dataDirectory: context.directory, port });
      return postgres.process;
    },
  });
  if (postgres === undefined) throw new Error('PostgreSQL reported that it had started but is not running');
  return { settings: databaseSettings(postgres), stop: kept.stop };
}

function databaseSettings({ settings, ownerSettings }: EmbeddedPostgres): DatabaseSettings {
  return {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    password: { value: settings.password },
    migrationUser: ownerSettings.user,
    migrationPassword: { value: ownerSettings.password },
    sslMode: 'disable',
    maxOpenConnections: 20,
    maxIdleConnections: 5,
    connectionMaxLifetimeMs: 30 * 60_000,
  };
}

export async function runEmbeddedTemporal(
  context: ServiceContext,
  ports: { readonly port: number; readonly uiPort: number },
): Promise<{ readonly address: string; readonly uiUrl: string; readonly stop: () => Promise<void> }> {
  const binary = await findTemporalBinary({ onProgress: context.say });
  context.say('Starting Temporal');
  const directory = join(context.directory, 'temporal');
  let temporal: EmbeddedTemporal | undefined;
  const kept = await keepRunning({
    name: 'Temporal',
    onMessage: context.say,
    start: async () => {
      temporal = await startEmbeddedTemporal({ ...ports, binary, directory, keepData: true });
      return temporal.process;
    },
  });
  if (temporal === undefined) throw new Error('Temporal reported that it had started but is not running');
  return { address: temporal.address, uiUrl: temporal.uiUrl, stop: kept.stop };
}
