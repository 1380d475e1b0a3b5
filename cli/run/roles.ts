/** The two roles a process can run: `api` answers requests, `worker` runs syncs. */
import type { Logger } from 'pino';
import { applicationConnection } from '../../config/connection.ts';
import type { Configuration, DatabaseSettings } from '../../config/model.ts';
import { drainDelayMs, publicHosts, workerInternalAddress } from '../../config/settings.ts';
import { defined } from '../../registry/json.ts';
import { openDatabase, QUICK_REFUSAL } from '../../db/connection/database.ts';
import type { TemporalServer } from '../../temporal/connect.ts';

export type Role = 'api' | 'worker';

/** A configuration with all addresses: from the file, or filled in by `serve` for the services it starts. */
export type CompleteConfiguration = Configuration & {
  readonly database: DatabaseSettings;
  readonly temporal: TemporalServer;
  /** URL of Temporal's Web UI, if known. */
  readonly temporalUiUrl?: string;
  /** The data folder, if PostgreSQL or Temporal is embedded. */
  readonly dataDirectory?: string;
};

/** First message from `serve` to a process that it forks. Closing the channel tells the process to stop. */
export interface RoleOrder {
  readonly role: Role;
  readonly configuration: CompleteConfiguration;
}

/** Sent back by the process once it is ready. */
export const READY = 'ready';

export interface RoleRun {
  readonly configuration: CompleteConfiguration;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onReady: () => void;
}

/** Runs the role until the signal aborts. */
export async function runRole(role: Role, { configuration, logger, signal, onReady }: RoleRun): Promise<void> {
  const connection = await applicationConnection(configuration.database);
  const database = await openDatabase(connection, role === 'api' ? QUICK_REFUSAL : undefined);
  const { audit, auth, telemetry, temporal, temporalUiUrl, limits, outbound, rateLimits, server } = configuration;
  const shared = { database, logger, signal, onReady, ...(telemetry && { telemetry }) };
  try {
    // Load only the requested role: the other one would cost 20 MiB and 0.2 s.
    if (role === 'worker') {
      const { runWorker } = await import('../../worker/run-worker.ts');
      await runWorker({
        ...shared,
        server: temporal,
        outbound,
        retention: { auditEventsMs: audit.retentionMs },
        internalAddress: workerInternalAddress(server),
      });
    } else {
      const { runApi } = await import('../../api/run-api.ts');
      await runApi({
        ...shared,
        temporal,
        connection,
        audit,
        auth,
        rateLimits,
        trustedProxies: server.trustedProxies,
        publicHosts: publicHosts(configuration),
        maxStaleMs: server.maxStaleMs,
        limits,
        outbound,
        addresses: { public: server.address, internal: server.internalAddress },
        drainDelayMs: drainDelayMs(server),
        ...defined({ temporalUiUrl, dataDirectory: configuration.dataDirectory }),
      });
    }
  } finally {
    await database.close();
  }
}
