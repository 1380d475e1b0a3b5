/** The parts of the API that endpoints use. */
import type { Request } from 'express';
import type { Logger } from 'pino';
import type { OutboundSettings, RateLimitSettings } from '../config/model.ts';
import type { Database } from '../db/connection/database.ts';
import type { LookUps } from '../db/entries/look-ups.ts';
import type { RegistryRow } from '../db/configuration/registries.ts';
import type { SourceActors } from '../temporal/source-actors.ts';
import type { RunTrial } from '../temporal/trials.ts';
import type { Workers } from '../temporal/workers.ts';
import type { Access } from './access/access.ts';
import { type Caller, callerOf } from './access/caller.ts';
import { seesRegistry } from './access/permissions.ts';
import type { RegistryView, RegistryViews } from './access/visibility.ts';
import type { AuditTrail } from './audit/trail.ts';
import type { Pages } from './cache/pages.ts';
import type { RenderedExports } from './endpoints/exports/rendered-exports.ts';
import { HttpError } from './http/error.ts';
import { pathParameter } from './http/path-parameter.ts';
import type { RegistryDirectory } from './registry-directory.ts';
import type { SoftwareVersion } from '../telemetry/software-version.ts';

export interface ApiContext {
  readonly access: Access;
  readonly audit: AuditTrail;
  readonly database: Database;
  readonly registries: RegistryDirectory;
  readonly views: RegistryViews;
  readonly pages: Pages;
  readonly lookUps: LookUps;
  readonly exports: RenderedExports;
  readonly actors: SourceActors;
  readonly trials: RunTrial;
  /** @throws Error if Temporal doesn't answer within two seconds */
  readonly findWorkers: () => Promise<Workers>;
  readonly software: SoftwareVersion;
  readonly temporal: TemporalInformation;
  /** Limits of sources that are created through the API. */
  readonly outbound: OutboundSettings;
  readonly rateLimits: RateLimitSettings;
  /** Addresses and ranges of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are trusted. */
  readonly trustedProxies: readonly string[];
  /** Host names of the server, in lower case. IP addresses and loopback names are always accepted. */
  readonly publicHosts: readonly string[];
  readonly limits: {
    /** Maximum size of the publisher extension of a published server.json, in bytes. */
    readonly publisherExtensionBytes: number;
  };
  readonly logger: Logger;
  /** Aborted when the process is told to stop, before it stops accepting requests. */
  readonly stopping: AbortSignal;
}

/** The Temporal server that has the histories. */
export interface TemporalInformation {
  readonly address: string;
  readonly namespace: string;
  /** URL of the Web UI, if known. */
  readonly uiUrl: string | undefined;
}

/**
 * The registry in the path, or the default registry.
 *
 * @throws HttpError 404 if the registry doesn't exist or the caller can't see it.
 */
export async function servedRegistry(context: ApiContext, request: Request): Promise<RegistryRow> {
  const { registries } = context;
  return await readableRegistry({ registries, caller: callerOf(request) }, pathParameter(request, 'registry'));
}

/**
 * The registry with this name, or the default registry if the name is undefined.
 *
 * @throws HttpError 404 if the registry doesn't exist or the caller can't see it.
 */
export async function readableRegistry(
  { registries, caller }: Pick<ApiContext, 'registries'> & { readonly caller: Caller },
  name: string | undefined,
): Promise<RegistryRow> {
  const registry = await registries.find(name);
  if (registry !== undefined && seesRegistry(caller, registry)) return registry;
  throw new HttpError(404, name === undefined ? 'There is no default registry' : `There is no registry "${name}"`);
}

/**
 * The registry of the path as the caller sees it.
 *
 * @throws HttpError 404 as `servedRegistry` does.
 */
export async function servedView(context: ApiContext, request: Request): Promise<RegistryView> {
  return await context.views.of(callerOf(request), await servedRegistry(context, request));
}
