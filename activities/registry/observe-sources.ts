/** Reads the reports of a registry's actors, and handles its sync annotations. */
import type { RenderedConfiguration } from '../../operator/configuration.ts';
import { type RegistryResource, syncTrigger, temporalNamespaceOf } from '../../operator/resource.ts';
import { type SourceState, sourceState } from '../../operator/sync-state.ts';
import { hasOwnTemporal } from '../../operator/temporal-access.ts';
import { objectsOf } from '../../registry/json.ts';
import { isManaged } from '../../registry/source-definition.ts';
import type { Reconciliation } from './dependencies.ts';
import { emitEvent } from './report.ts';

/** Managed sources are published to and never synced. */
function syncedSources({ configuration }: RenderedConfiguration): RenderedConfiguration['configuration']['sources'] {
  return configuration.sources.filter(({ origin }) => !isManaged(origin));
}

/** Undefined if the registry uses a Temporal server of its own, which the operator doesn't know. */
export async function observeSources(
  { sources }: Reconciliation,
  resource: RegistryResource,
  rendered: RenderedConfiguration,
): Promise<SourceState[] | undefined> {
  if (hasOwnTemporal(resource, rendered)) return undefined;
  const namespace = temporalNamespaceOf(resource);
  return await Promise.all(
    syncedSources(rendered).map(async ({ name, filter }) => {
      const before = objectsOf(resource.status['sources']).find((source) => source['name'] === name)?.['serverCount'];
      const source = {
        name,
        field: rendered.fieldsOfSources.get(name) ?? 'spec',
        isFiltered: filter !== undefined,
        ...(typeof before === 'number' && { serverCount: before }),
      };
      return sourceState(source, await sources.describe(namespace, name));
    }),
  );
}

/**
 * Syncs all sources if an annotation has a value that was not acted on yet.
 *
 * @returns the value that was acted on; undefined while an actor isn't running, so that it is tried again
 */
export async function answerSyncTrigger(
  reconciliation: Reconciliation,
  resource: RegistryResource,
  rendered: RenderedConfiguration,
): Promise<string | undefined> {
  const value = syncTrigger(resource);
  if (value === undefined || value === resource.status['lastManualSyncTrigger'] || hasOwnTemporal(resource, rendered)) {
    return undefined;
  }
  const namespace = temporalNamespaceOf(resource);
  const request = {
    requestedBy: `MCPRegistry ${resource.namespace}/${resource.name}`,
    reason: `annotation ${value}`,
  };
  const answers = await Promise.all(
    syncedSources(rendered).map(({ name }) => reconciliation.sources.sync(namespace, name, request)),
  );
  if (answers.includes(false)) return undefined;
  const note = `Syncing ${answers.length === 1 ? '1 source' : `${answers.length} sources`}, requested by the annotation ${value}`;
  reconciliation.changes.push(note);
  await emitEvent(reconciliation, resource, { type: 'Normal', reason: 'SyncRequested', note });
  return value;
}
