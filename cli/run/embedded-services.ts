/** The services that `serve` runs when the configuration names none; restarted when they exit. */
import { join } from 'node:path';
import type { DatabaseSettings } from '../../config/model.ts';
import { findBlockedAddress } from '../../embedded/blocked-address.ts';
import { findFreePort } from '../../embedded/free-port.ts';
import { type KeptRunning, keepRunning } from '../../embedded/keep-running.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../embedded/temporal.ts';
import { findTemporalBinary } from '../../embedded/temporal-binary.ts';
import { openTemporalUiGate } from '../../embedded/temporal-ui-gate.ts';

/** The default level is `info`. */
export type Say = (message: string, level?: 'info' | 'warn') => void;

interface ServiceContext {
  /** The data folder. */
  readonly directory: string;
  readonly say: Say;
}

/** Runs PostgreSQL on the data folder. Returns the settings to connect to it. */
export async function runEmbeddedPostgres(
  context: ServiceContext,
): Promise<KeptRunning & { readonly settings: DatabaseSettings }> {
  context.say('Starting PostgreSQL');
  // Keep the port across restarts: other processes hold connection settings with it.
  const port = await findFreePort();
  let postgres: EmbeddedPostgres | undefined;
  const kept = await keepRunning({
    name: 'PostgreSQL',
    onMessage: context.say,
    start: async () => {
      // Never silently replace a lost cluster with an empty one.
      const create = postgres === undefined;
      postgres = await startEmbeddedPostgres({ dataDirectory: context.directory, port, create });
      return postgres.process;
    },
  });
  if (postgres === undefined) throw new Error('PostgreSQL reported that it had started but is not running');
  return { ...kept, settings: databaseSettings(postgres) };
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

/** Runs the Temporal dev server and the gate to its Web UI. */
export async function runEmbeddedTemporal(
  context: ServiceContext,
  ports: { readonly port: number; readonly uiPort: number },
): Promise<KeptRunning & { readonly address: string; readonly uiUrl: string }> {
  const binary = await findTemporalBinary({ onProgress: context.say });
  context.say('Starting Temporal');
  const directory = join(context.directory, 'temporal');
  const ui = await findBlockedAddress();
  const gate = await openTemporalUiGate(ports.uiPort, ui);
  let temporal: EmbeddedTemporal | undefined;
  const kept = await keepRunning({
    name: 'Temporal',
    onMessage: context.say,
    start: async () => {
      temporal = await startEmbeddedTemporal({ port: ports.port, ui, binary, directory, keepData: true });
      return temporal.process;
    },
  });
  if (temporal === undefined) throw new Error('Temporal reported that it had started but is not running');
  const stop = async (): Promise<void> => {
    gate.close();
    await kept.stop();
  };
  return { ...kept, address: temporal.address, uiUrl: gate.url, stop };
}
