/** The API: answers requests until it is told to stop, reads even while Temporal is away. */
import { once } from 'node:events';
import type { Logger } from 'pino';
import type {
  AuditSettings,
  AuthSettings,
  Configuration,
  RateLimitSettings,
  TelemetrySettings,
} from '../config/model.ts';
import type { ConnectionSettings, Database } from '../db/connection.ts';
import { listenForRevisions } from '../db/revisions.ts';
import { connectTemporal, type TemporalServer } from '../temporal/connect.ts';
import { findInitialState } from '../temporal/initial-state.ts';
import { createSourceActors } from '../temporal/source-actors.ts';
import { startTelemetry } from '../temporal/telemetry.ts';
import { createAccess } from './access/access.ts';
import { RegistryViews } from './access/visibility.ts';
import { createApp } from './app.ts';
import { AuditTrail } from './audit/trail.ts';
import type { ApiContext } from './context.ts';
import { listen } from './http-listener.ts';
import { createInternalApp } from './internal-app.ts';
import { Pages } from './pages.ts';
import { RegistryDirectory } from './registry-directory.ts';
import { softwareVersion } from './software-version.ts';

/** Finished pages that are held, at most: about 500 of 100 entries. */
const PAGE_CACHE_BYTES = 64 * 1024 * 1024;

export interface ApiOptions {
  /** `host:port` or `:port`, port 0 for any that is free. */
  readonly addresses: { readonly public: string; readonly internal: string };
  readonly temporal: TemporalServer;
  /** Of Temporal's Web UI, where it is known: shown to operators. */
  readonly temporalUiUrl?: string;
  readonly database: Database;
  /** How to log in to the same database, for a connection that hears of changes. */
  readonly connection: ConnectionSettings;
  readonly auth: AuthSettings;
  readonly audit: AuditSettings;
  readonly rateLimits: RateLimitSettings;
  /** Addresses and ranges of reverse proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly limits: Configuration['limits'];
  readonly outbound: Configuration['outbound'];
  readonly telemetry?: TelemetrySettings;
  readonly logger: Logger;
  /** Ends the API: within about eight seconds, answers that are under way are finished. */
  readonly signal: AbortSignal;
  /** Called once requests are taken. */
  readonly onReady?: (urls: { readonly public: string; readonly internal: string }) => void;
}

/**
 * Runs until the signal. The database stays open, for its owner to close.
 *
 * @throws Error where an address cannot be listened at or the audit's file cannot be written, RollcallError
 *   `SecretUnavailable` where a secret of the connection to Temporal cannot be read.
 */
export async function runApi(options: ApiOptions): Promise<void> {
  const { addresses, database, signal } = options;
  const audit = await AuditTrail.open({ settings: options.audit, database, logger: options.logger });
  const telemetry = startTelemetry(options.telemetry);
  const temporal = await connectTemporal(options.temporal, telemetry);
  const registries = new RegistryDirectory(database);
  const revisions = listenForRevisions(options.connection, {
    onRevision: ({ registryId, revision }) => registries.noteRevision(registryId, revision),
    onConnection: (isConnected) => registries.noteListening(isConnected),
  });
  const access = createAccess(options.auth, { registries, logger: options.logger });
  try {
    const actors = createSourceActors(temporal.client, {
      taskQueue: options.temporal.taskQueue,
      findState: (name) => findInitialState(database, name),
    });
    await serve(
      { ...apiContext(options, registries), access, actors, audit },
      { addresses, signal, onReady: options.onReady },
    );
  } finally {
    await audit.close();
    await access.close();
    await revisions.close();
    await temporal.close();
    await telemetry.shutdown();
  }
}

function apiContext(
  options: ApiOptions,
  registries: RegistryDirectory,
): Omit<ApiContext, 'access' | 'actors' | 'audit'> {
  const software = softwareVersion(process.env);
  return {
    database: options.database,
    registries,
    views: new RegistryViews(options.database),
    pages: new Pages({ registries, maxBytes: PAGE_CACHE_BYTES, softwareVersion: software.version }),
    software,
    temporal: {
      address: options.temporal.address,
      namespace: options.temporal.namespace,
      uiUrl: options.temporalUiUrl,
    },
    limits: options.limits,
    rateLimits: options.rateLimits,
    trustedProxies: options.trustedProxies,
    outbound: options.outbound,
    logger: options.logger,
  };
}

async function serve(
  context: ApiContext,
  { addresses, signal, onReady }: Pick<ApiOptions, 'addresses' | 'signal'> & { onReady: ApiOptions['onReady'] },
): Promise<void> {
  const internal = await listen(createInternalApp(context), addresses.internal);
  try {
    const open = await listen(createApp(context), addresses.public);
    try {
      onReady?.({ public: open.url, internal: internal.url });
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await open.close();
    }
  } finally {
    // Last, so that probes are answered while the public side drains.
    await internal.close();
  }
}
