/** `/extension/v0`: registries and their sync status, for ToolHive's tools. */
import compression from 'compression';
import type { Database } from '../../../db/connection/database.ts';
import { countEntries } from '../../../db/entries/entries.ts';
import { readLastChange, type RegistryRow } from '../../../db/configuration/registries.ts';
import { countEntriesOf, listSources } from '../../../db/configuration/sources.ts';
import type { Claims } from '../../../registry/claims.ts';
import { type Caller, callerOf } from '../../access/caller.ts';
import { sees } from '../../access/permissions.ts';
import { entriesOf, type RegistryView } from '../../access/visibility.ts';
import { visibleRegistries, visibleRegistry } from '../../admin/registries/reads.ts';
import { cacheControl } from '../../cache/pages.ts';
import type { ApiContext } from '../../context.ts';
import { requiredParameter } from '../../http/path-parameter.ts';
import { endpoint, type EndpointGroup } from '../endpoint.ts';
import { pathParameters } from '../common-parts.ts';
import { registrySummaries, type RegistrySummary, registrySummary, type SyncStatus } from './extension-schemas.ts';
import { syncStatusesOf } from './sync-status.ts';

export const extensionApi: EndpointGroup = {
  bases: [{ path: '/extension/v0', tag: 'Status' }],
  before: [compression()],
  endpoints: [
    endpoint({
      method: 'get',
      path: '/registries',
      access: 'token',
      operationId: 'listRegistries',
      summary: 'List registries with their sync status',
      answers: { 200: { description: 'The registries.', schema: registrySummaries } },
      handle: async ({ context, request, response }) => {
        const { database } = context;
        const caller = callerOf(request);
        const [visible, sources] = await Promise.all([
          visibleRegistries({ database, caller }),
          sourceStatuses(database),
        ]);
        response.set('Cache-Control', cacheControl(request));
        return {
          registries: await Promise.all(visible.map((registry) => summary(context, { caller, registry, sources }))),
        };
      },
    }),
    endpoint({
      method: 'get',
      path: '/registries/:registry',
      access: 'token',
      operationId: 'getRegistry',
      summary: 'Read a registry with its sync status',
      parameters: { registry: pathParameters.registry },
      answers: { 200: { description: 'The registry.', schema: registrySummary } },
      errors: [404],
      handle: async ({ context, request, response }) => {
        const { database } = context;
        const caller = callerOf(request);
        const registry = await visibleRegistry({ database, caller }, requiredParameter(request, 'registry'));
        response.set('Cache-Control', cacheControl(request));
        return await summary(context, { caller, registry, sources: await sourceStatuses(database) });
      },
    }),
  ],
};

interface SourceStatus {
  readonly name: string;
  readonly type: string;
  readonly claims: Claims | null;
  readonly syncStatus: SyncStatus;
}

interface RegistrySources {
  readonly caller: Caller;
  readonly registry: RegistryRow;
  readonly sources: ReadonlyMap<string, SourceStatus>;
}

/**
 * Returns the sources of a registry that the caller can see, because of the source's claims or because some of its
 * entries are visible. Each has the number of visible entries. Callers that can see everything get the total number.
 */
async function seenSources(
  database: Database,
  { caller, registry, sources }: RegistrySources,
  view: RegistryView,
): Promise<readonly SourceStatus[]> {
  const all = registry.sources.flatMap((name) => sources.get(name) ?? []);
  if (caller.seesEverything) return all;
  const counts = await countEntries(database, entriesOf(view));
  const isOpen = ({ claims }: SourceStatus): boolean =>
    claims === null ? registry.access === 'public' : sees(caller, claims);
  return all
    .filter((source) => isOpen(source) || counts.has(source.name))
    .map((source) => ({
      ...source,
      syncStatus: { ...source.syncStatus, serverCount: counts.get(source.name) ?? 0 },
    }));
}

async function sourceStatuses(database: Database): Promise<ReadonlyMap<string, SourceStatus>> {
  const sources = await countEntriesOf(database, await listSources(database));
  const statuses = await syncStatusesOf(database, sources);
  return new Map(
    sources.map(({ name, kind, claims }, index) => [name, { name, type: kind, claims, syncStatus: statuses[index]! }]),
  );
}

async function summary({ database, views }: ApiContext, asked: RegistrySources): Promise<RegistrySummary> {
  const { caller, registry } = asked;
  const view = await views.of(caller, registry);
  const [sources, updatedAt] = await Promise.all([
    seenSources(database, asked, view),
    readLastChange(database, registry, view.visibility),
  ]);
  const [only] = sources;
  return {
    name: registry.name,
    type: sources.length === 1 && only !== undefined ? only.type : 'aggregate',
    sources: sources.map(({ name, type, syncStatus }) => ({ name, type, syncStatus })),
    syncStatus: combined(sources.map(({ syncStatus }) => syncStatus)),
    createdAt: registry.createdAt,
    updatedAt,
  };
}

/** Combines the status of several sources: the worst phase, the newest times, and the sum of the counts. */
function combined(statuses: readonly SyncStatus[]): SyncStatus {
  const newest = (times: readonly (string | undefined)[]): string | undefined =>
    times
      .filter((time) => time !== undefined)
      .sort()
      .at(-1);
  const lastSyncTime = newest(statuses.map((status) => status.lastSyncTime));
  const lastAttempt = newest(statuses.map((status) => status.lastAttempt));
  const messages = statuses.flatMap(({ message }) => message ?? []);
  return {
    phase:
      (['failed', 'syncing'] as const).find((phase) => statuses.some((status) => status.phase === phase)) ?? 'complete',
    ...(lastSyncTime !== undefined && { lastSyncTime }),
    ...(lastAttempt !== undefined && { lastAttempt }),
    attemptCount: Math.max(0, ...statuses.map(({ attemptCount }) => attemptCount)),
    serverCount: statuses.reduce((sum, { serverCount }) => sum + serverCount, 0),
    ...(messages.length > 0 && { message: messages.join('; ') }),
  };
}
