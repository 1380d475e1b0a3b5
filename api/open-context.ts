/** Opens everything that requests need, and closes it again. */
import type { AuditSettings, AuthSettings, TelemetrySettings } from '../config/model.ts';
import { LookUps } from '../db/entries/look-ups.ts';
import { type ConnectionSettings, Database, DEFAULT_MAX_CONNECTIONS } from '../db/connection/database.ts';
import { pingDatabase } from '../db/connection/availability.ts';
import { watchDatabase } from '../db/connection/watch.ts';
import { listenForRevisions } from '../db/configuration/revisions.ts';
import { connectTemporal, type TemporalServer } from '../temporal/connect.ts';
import { findInitialState } from '../temporal/initial-state.ts';
import { describeTemporalFailure } from '../temporal/connection-failure.ts';
import { findWorkers, type Workers } from '../temporal/workers.ts';
import { createSourceActors } from '../temporal/source-actors.ts';
import { createTrials } from '../temporal/trials.ts';
import type { Gauge } from '../telemetry/gauges.ts';
import { addGauges } from '../telemetry/meter.ts';
import { addProcessGauges } from '../telemetry/process-gauges.ts';
import { addRegistryGauges } from '../telemetry/registry-gauges.ts';
import { watchDisk } from '../telemetry/disk-watch.ts';
import { watchWorkers } from '../telemetry/worker-watch.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';
import { createAccess } from './access/access.ts';
import { RegistryViews } from './access/visibility.ts';
import { AuditTrail } from './audit/trail.ts';
import { Pages } from './cache/pages.ts';
import type { ApiContext } from './context.ts';
import { RenderedExports } from './endpoints/exports/rendered-exports.ts';
import { RegistryDirectory } from './registry-directory.ts';
import { softwareVersion } from '../telemetry/software-version.ts';

/** Size of the page cache: about 500 pages of 100 entries. */
const PAGE_CACHE_BYTES = 64 * 1024 * 1024;

export interface ContextOptions extends Pick<
  ApiContext,
  'database' | 'limits' | 'logger' | 'outbound' | 'publicHosts' | 'rateLimits' | 'trustedProxies'
> {
  readonly temporal: TemporalServer;
  /** URL of Temporal's Web UI for operators, if known. */
  readonly temporalUiUrl?: string;
  /** Settings for a connection to the same database that listens for changes. */
  readonly connection: ConnectionSettings;
  readonly auth: AuthSettings;
  readonly audit: AuditSettings;
  /** How long cached answers are served while the database is unavailable, in milliseconds. */
  readonly maxStaleMs: number;
  readonly telemetry?: TelemetrySettings;
  /** The data folder whose disk is watched, if PostgreSQL or Temporal is embedded. */
  readonly dataDirectory?: string;
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal;
}

export interface OpenContext {
  readonly context: ApiContext;
  readonly isTracing: boolean;
  /** Closes everything except the database. */
  close(): Promise<void>;
}

/**
 * Opens the context, even before Postgres and Temporal are available.
 *
 * @throws Error if the audit log file can't be written, RollcallError `SecretUnavailable` if a secret of the connection
 * to
 *   Temporal can't be read.
 */
export async function openContext(options: ContextOptions): Promise<OpenContext> {
  const watch = watchDatabase(
    { settings: options.connection, ask: () => pingDatabase(options.database) },
    (isAvailable) => {
      registries.noteAvailable(isAvailable);
      if (isAvailable) options.logger.info('Postgres answers again');
      else options.logger.warn("Postgres doesn't answer: reads are served from memory, everything else is refused");
    },
  );
  const database = new Database(watch.guard(options.database.connections));
  const registries = new RegistryDirectory(database, options.maxStaleMs);
  try {
    const opened = await openOn({ ...options, database }, registries);
    return {
      context: opened.context,
      isTracing: opened.isTracing,
      close: async () => {
        await opened.close();
        await watch.close();
      },
    };
  } catch (error) {
    await watch.close();
    throw error;
  }
}

/** Opens the context on a database that is watched. */
async function openOn(options: ContextOptions, registries: RegistryDirectory): Promise<OpenContext> {
  const { database, auth, logger } = options;
  const shared = contextOf(options, registries);
  const { version } = shared.software;
  const audit = await AuditTrail.open({ settings: options.audit, database, logger });
  const telemetry = startTelemetry(options.telemetry, version);
  const temporal = await connectTemporal(options.temporal, telemetry);
  const revisions = listenForRevisions(options.connection, {
    onRevision: (revision) => registries.noteRevision(revision),
    onRevisions: (all) => registries.noteRevisions(all),
    onConnection: (isConnected) => registries.noteListening(isConnected),
  });
  const findWorkersNow = (): Promise<Workers> => findWorkers(temporal.client, options.temporal.taskQueue);
  const removeGauges = [
    addProcessGauges({ role: 'api', version }),
    addRegistryGauges(database),
    addGauges(() => registries.gauges()),
    addGauges(() => [cacheGauge(shared.pages)]),
    watchWorkers({
      findWorkers: findWorkersNow,
      describe: (error) => describeTemporalFailure(error, options.temporal),
      logger,
    }),
    ...(options.dataDirectory === undefined ? [] : [watchDisk(options.dataDirectory, logger)]),
  ];
  const access = createAccess(auth, { database, logger });
  const actors = createSourceActors(temporal.client, {
    taskQueue: options.temporal.taskQueue,
    findState: (name) => findInitialState(database, name),
  });
  return {
    context: {
      ...shared,
      access,
      actors,
      trials: createTrials(temporal.client, options.temporal.taskQueue),
      audit,
      findWorkers: findWorkersNow,
    },
    isTracing: telemetry.isTracing,
    close: async () => {
      for (const remove of removeGauges) remove();
      await audit.close();
      await access.close();
      await revisions.close();
      await temporal.close();
      await telemetry.shutdown();
    },
  };
}

function cacheGauge({ heldBytes }: Pages): Gauge {
  const description = 'Memory that cached pages take';
  return { name: 'rollcall.page_cache.size', description, unit: 'By', points: [{ value: heldBytes }] };
}

function contextOf(
  options: ContextOptions,
  registries: RegistryDirectory,
): Omit<ApiContext, 'access' | 'actors' | 'trials' | 'audit' | 'findWorkers'> {
  const { database, temporal, limits, rateLimits, trustedProxies, publicHosts, outbound, logger, signal } = options;
  const software = softwareVersion();
  return {
    database,
    registries,
    views: new RegistryViews(database),
    lookUps: new LookUps(database),
    pages: new Pages({
      registries,
      maxBytes: PAGE_CACHE_BYTES,
      softwareVersion: software.version,
      pagesAtOnce: pagesAtOnce(options.connection),
    }),
    exports: new RenderedExports(database),
    software,
    temporal: { address: temporal.address, namespace: temporal.namespace, uiUrl: options.temporalUiUrl },
    limits,
    rateLimits,
    trustedProxies,
    publicHosts,
    outbound,
    logger,
    stopping: signal,
  };
}

/** Maximum number of pages that are made at the same time. Each needs tens of megabytes. */
const MAX_PAGES_AT_ONCE = 8;

/** Leaves connections for everything else, even if all reads wait. */
function pagesAtOnce({ maxConnections = DEFAULT_MAX_CONNECTIONS }: ConnectionSettings): number {
  return Math.max(1, Math.min(MAX_PAGES_AT_ONCE, maxConnections - 2));
}
