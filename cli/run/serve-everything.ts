/** Implementation of `serve`: starts everything a registry needs in order, supervises it, and stops it again. */
import { once } from 'node:events';
import { describeDatabaseFailure } from '../../config/connection-failure.ts';
import { migrationConnection } from '../../config/connection.ts';
import type { Configuration } from '../../config/model.ts';
import { migrateUp } from '../../db/upkeep/migrations.ts';
import { type DataFolder, takeDataFolder } from '../../embedded/data-folder.ts';
import { LOOPBACK } from '../../embedded/free-port.ts';
import { type KeptRunning, keepRunning, Unrecoverable } from '../../embedded/keep-running.ts';
import { describeError } from '../../telemetry/describe-error.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { localUrl } from '../../config/listen-address.ts';
import { allStarted } from './all-started.ts';
import { runEmbeddedPostgres, runEmbeddedTemporal, type Say } from './embedded-services.ts';
import { forkRole } from './role-fork.ts';
import type { CompleteConfiguration, Role } from './roles.ts';
import { storeSources } from './store-sources.ts';
import { refuseTakenPorts } from './taken-ports.ts';

export interface ServeOptions {
  readonly dataDirectory: string;
  readonly temporalPort: number;
  readonly uiPort: number;
  readonly signal: AbortSignal;
  /** Reports progress to the operator. */
  readonly say: Say;
  /** Reports once that everything is running. */
  readonly onRunning: (configuration: CompleteConfiguration, facts: RunningFacts) => void;
}

interface RunningFacts {
  readonly dataDirectory: string | undefined;
  readonly startedInMs: number;
}

interface StartOptions extends ServeOptions {
  /** Stops the started services, in reverse order. */
  readonly cleanup: (() => Promise<void>)[];
  /** Called when the data folder or the database is gone for good. */
  readonly onLost: (reason: Unrecoverable) => void;
}

/**
 * Runs until the signal aborts, then stops everything within ten seconds.
 *
 * @throws Unrecoverable when the data folder or the database disappears in the meantime
 */
export async function serve(configuration: Configuration, options: ServeOptions): Promise<void> {
  const cleanup: StartOptions['cleanup'] = [];
  const { promise: lost, resolve: onLost } = Promise.withResolvers<Unrecoverable>();
  const { say } = options;
  options.signal.addEventListener('abort', () => say('Stopping'));
  try {
    await start(configuration, { ...options, cleanup, onLost }).catch((error: unknown) => {
      if (!options.signal.aborted) throw error;
      say(describeError(error));
    });
    if (!options.signal.aborted) {
      const reason = await Promise.race([once(options.signal, 'abort'), lost]);
      if (reason instanceof Unrecoverable) throw reason;
    }
  } finally {
    for (const stop of cleanup.toReversed()) await stop();
  }
  say('Stopped');
}

async function start(configuration: Configuration, options: StartOptions): Promise<void> {
  const startedAt = Date.now();
  const dataFolder = await dataFolderIfNeeded(configuration, options);
  await refuseTakenPorts(configuration, { ...options, patient: dataFolder?.wasCutOff === true });
  const complete = await startServices(configuration, { ...options, dataFolder }).catch((error: unknown) => {
    // Ctrl-C in a terminal also ends the programs that this runs, such as initdb.
    if (!options.signal.aborted) throw error;
  });
  if (complete === undefined || options.signal.aborted) return;
  await prepareDatabase(complete, options);
  if (options.signal.aborted) return;
  await startRoles(complete, options);
  if (options.signal.aborted) return;
  options.onRunning(complete, { dataDirectory: dataFolder?.path, startedInMs: Date.now() - startedAt });
}

async function dataFolderIfNeeded(
  { database, temporal, server }: Configuration,
  options: StartOptions,
): Promise<DataFolder | undefined> {
  if (database !== undefined && temporal.address !== undefined) return undefined;
  const address = temporal.address ?? `${LOOPBACK}:${options.temporalPort}`;
  const dataFolder = await takeDataFolder(options.dataDirectory, {
    pid: process.pid,
    api: localUrl(server.address),
    temporal: { address, namespace: temporal.namespace },
  });
  options.cleanup.push(() => dataFolder.release());
  void dataFolder.lost.then(options.onLost);
  return dataFolder;
}

/** Starts the services that the configuration doesn't name, in parallel, and fills in their addresses. */
async function startServices(
  configuration: Configuration,
  options: StartOptions & { readonly dataFolder: DataFolder | undefined },
): Promise<CompleteConfiguration> {
  const { dataFolder, cleanup, onLost, temporalPort, uiPort, say } = options;
  const context = { directory: dataFolder?.path ?? options.dataDirectory, say };
  const onFailure = (error: unknown): void => {
    if (options.signal.aborted) return;
    say(describeError(error));
    // It can take minutes if Temporal is being downloaded.
    say('Stopping as soon as the other service has started');
  };
  const starts = [
    configuration.database ??
      runEmbeddedPostgres(context).then((service) => {
        cleanup.push(service.stop);
        void service.lost.then(onLost);
        return service.settings;
      }),
    configuration.temporal.address === undefined
      ? runEmbeddedTemporal(context, { port: temporalPort, uiPort }).then((service) => {
          cleanup.push(service.stop);
          return service;
        })
      : { address: configuration.temporal.address, uiUrl: undefined },
  ] as const;
  const [database, temporal] = await allStarted(starts, onFailure);
  return {
    ...configuration,
    database,
    temporal: { ...configuration.temporal, address: temporal.address },
    ...(temporal.uiUrl !== undefined && { temporalUiUrl: temporal.uiUrl }),
    ...(dataFolder !== undefined && { dataDirectory: dataFolder.path }),
  };
}

/** @throws CommandFailure if the database refuses or the connection is lost */
async function prepareDatabase(configuration: CompleteConfiguration, { say }: ServeOptions): Promise<void> {
  const onProgress = ({ name }: { readonly name: string }): void => say(`Migrated the database: ${name}`);
  try {
    await migrateUp(await migrationConnection(configuration.database), { onProgress });
    await storeSources(configuration);
  } catch (cause) {
    const { host, port } = configuration.database;
    throw new CommandFailure(
      `The database at ${host}:${port} could not be migrated: ${describeDatabaseFailure(cause, configuration.database, 'migration')}. No migration was applied in part: fix this, then run \`rollcall serve\` again`,
    );
  }
}

async function startRoles(configuration: CompleteConfiguration, { cleanup, say }: StartOptions): Promise<void> {
  say('Starting the API and the worker');
  const roles: Role[] = ['api', 'worker'];
  const started: KeptRunning[] = [];
  // One cleanup step, so that both stop in parallel.
  cleanup.push(async () => void (await Promise.all(started.map((role) => role.stop()))));
  await allStarted(
    roles.map(async (role) => {
      const options = { name: `The ${role}`, start: () => forkRole({ role, configuration }), onMessage: say };
      started.push(await keepRunning(options));
    }),
  );
}
