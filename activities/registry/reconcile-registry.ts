/** Makes the cluster match an MCPRegistry resource, and its status match the cluster. */
import { Context } from '@temporalio/activity';
import { getObject, patchAt } from '../../kubernetes/objects.ts';
import { hasOwnDatabase, renderConfiguration, type RenderedConfiguration } from '../../operator/configuration.ts';
import {
  isManagedResource,
  namesOf,
  type RegistryResource,
  temporalNamespaceOf,
  TOOLHIVE_FINALIZER,
  TOOLHIVE_GROUP,
} from '../../operator/resource.ts';
import { SpecFault } from '../../operator/spec-fault.ts';
import { hasOwnTemporal } from '../../operator/temporal-access.ts';
import { deriveStatus, type Observation, terminatingStatus } from '../../operator/status.ts';
import { renderWorkload } from '../../operator/workload.ts';
import { type JsonObject, memberOf } from '../../registry/json.ts';
import type { ReconcileInput, ReconcileResult } from '../../workflows/contract/registry.ts';
import { applyObjects, isDenied } from './apply-objects.ts';
import type { OperatorDependencies, Reconciliation } from './dependencies.ts';
import { findResource, resourceAt } from './find-resource.ts';
import { answerSyncTrigger, observeSources } from './observe-sources.ts';
import { findOtherOperator } from './other-operator.ts';
import { emitEvent, reportStatus } from './report.ts';

/** Time until the next look while sources sync. */
const LOOK_SOON_MS = 5_000;
const LOOK_MS = 30_000;

export async function reconcileRegistry(
  dependencies: OperatorDependencies,
  input: ReconcileInput,
): Promise<ReconcileResult> {
  const { cancellationSignal: signal } = Context.current();
  const reconciliation: Reconciliation = { ...dependencies, signal, changes: [] };
  const { changes } = reconciliation;
  const resource = await findResource(reconciliation, input);
  if (resource === null) return await end(reconciliation, input);
  if (!isManagedResource(resource, dependencies)) {
    const message = `It has no label rollcall.dev/managed: "true", so ToolHive's operator manages it`;
    return { outcome: 'ended', message, changes, nextLookMs: LOOK_MS };
  }
  const temporalNamespace = temporalNamespaceOf(resource);
  const held = await holdFor(reconciliation, resource, input);
  if (held !== undefined) return { ...held, changes, nextLookMs: LOOK_MS };
  if (resource.isDeleted) return { ...(await terminate(reconciliation, resource)), temporalNamespace };
  const status = await bringUpToDate(reconciliation, resource, input);
  await reportStatus(reconciliation, resource, status);
  const phase = String(status['phase']);
  return {
    outcome: 'settled',
    phase,
    message: String(status['message']),
    changes,
    temporalNamespace,
    nextLookMs: isInMotion(status, resource) ? LOOK_SOON_MS : LOOK_MS,
  };
}

/** Whether sources probably sync now, which nothing wakes the workflow for. */
function isInMotion(status: JsonObject, { status: before }: RegistryResource): boolean {
  return status['phase'] === 'Syncing' || status['lastManualSyncTrigger'] !== before['lastManualSyncTrigger'];
}

/** The resource is gone: its objects go with it, and its actors are ended. */
async function end({ sources, changes }: Reconciliation, input: ReconcileInput): Promise<ReconcileResult> {
  const { temporalNamespace, namespace, name } = input;
  // A namespace from an annotation may be shared.
  if (temporalNamespace === `${namespace}.${name}`) {
    await sources.end(temporalNamespace);
    changes.push(`ended the actors in the Temporal namespace ${temporalNamespace}`);
  }
  return { outcome: 'ended', message: 'The resource was deleted', changes, nextLookMs: LOOK_MS };
}

/** While ToolHive's operator runs, it manages all resources of its group. */
async function holdFor(
  reconciliation: Reconciliation,
  resource: RegistryResource,
  { apply }: ReconcileInput,
): Promise<Pick<ReconcileResult, 'outcome' | 'message'> | undefined> {
  if (resource.group !== TOOLHIVE_GROUP) return undefined;
  const other = await findOtherOperator(reconciliation, resource.namespace);
  if (other === undefined) return undefined;
  const message = `${other} runs and manages this resource: uninstall it, or scale it to 0`;
  if (apply) await emitEvent(reconciliation, resource, { type: 'Warning', reason: 'ManagedElsewhere', note: message });
  return { outcome: 'held', message };
}

/**
 * Handles the deletion of a resource. This comes before everything else, so that a resource with an invalid spec can be
 * deleted.
 */
async function terminate(reconciliation: Reconciliation, resource: RegistryResource): Promise<ReconcileResult> {
  const { cluster, signal, changes } = reconciliation;
  const status = terminatingStatus(resource, new Date().toISOString());
  if (resource.status['phase'] !== 'Terminating') await reportStatus(reconciliation, resource, status);
  const index = resource.finalizers.indexOf(TOOLHIVE_FINALIZER);
  if (index >= 0) {
    const path = `/metadata/finalizers/${index}`;
    const operations = [
      { op: 'test', path, value: TOOLHIVE_FINALIZER },
      { op: 'remove', path },
    ];
    await patchAt(cluster, resourceAt(resource.group, resource), { operations, signal });
    changes.push(`removed the finalizer ${TOOLHIVE_FINALIZER}`);
  }
  return {
    outcome: 'settled',
    phase: 'Terminating',
    message: String(status['message']),
    changes,
    nextLookMs: LOOK_SOON_MS,
  };
}

/** Applies the objects if asked to, and derives the status; faults of the resource end up in the status. */
async function bringUpToDate(
  reconciliation: Reconciliation,
  resource: RegistryResource,
  { apply }: ReconcileInput,
): Promise<JsonObject> {
  let fault: Observation['fault'];
  let rendered: RenderedConfiguration | undefined;
  try {
    rendered = renderConfiguration(resource);
    const workload = renderWorkload(resource, rendered, reconciliation.defaults);
    // A fault may have been repaired in an object that isn't watched.
    if (apply || resource.status['phase'] === 'Failed') {
      if (!hasOwnTemporal(resource, rendered)) await ensureTemporalNamespace(reconciliation, resource);
      await applyObjects(reconciliation, { resource, rendered, workload });
      await tellChanges(reconciliation, resource);
    }
  } catch (error) {
    if (!(error instanceof SpecFault) && !isDenied(error)) throw error;
    fault = error instanceof SpecFault ? error : { reason: 'RBACFailed', message: error.message };
  }
  return await statusOf(reconciliation, resource, { fault, rendered });
}

async function tellChanges(reconciliation: Reconciliation, resource: RegistryResource): Promise<void> {
  const { changes } = reconciliation;
  if (changes.length === 0) return;
  await emitEvent(reconciliation, resource, { type: 'Normal', reason: 'Applied', note: changes.join(', ') });
}

async function ensureTemporalNamespace({ sources }: Reconciliation, resource: RegistryResource): Promise<void> {
  try {
    await sources.ensureNamespace(temporalNamespaceOf(resource));
  } catch (error) {
    throw isDenied(error) ? new SpecFault('TemporalNamespaceFailed', error.message) : error;
  }
}

async function statusOf(
  reconciliation: Reconciliation,
  resource: RegistryResource,
  {
    fault,
    rendered,
  }: { readonly fault: Observation['fault'] | undefined; readonly rendered: RenderedConfiguration | undefined },
): Promise<JsonObject> {
  const { cluster, signal } = reconciliation;
  const name = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: resource.namespace,
    name: namesOf(resource).workload,
  };
  const deployment = await getObject(cluster, name, signal).catch((error: unknown) => {
    // Then the fault is about that permission.
    if (fault !== undefined && isDenied(error)) return null;
    throw error;
  });
  const notes = rendered === undefined ? [] : [...rendered.notes, ...notesOnReplicas(deployment, rendered)];
  const isServing = rendered !== undefined && Number(memberOf(deployment, 'status')['readyReplicas'] ?? 0) > 0;
  const trigger = isServing ? await answerSyncTrigger(reconciliation, resource, rendered) : undefined;
  const sources = isServing ? await observeSources(reconciliation, resource, rendered) : undefined;
  return deriveStatus(
    resource,
    {
      deployment,
      notes,
      syncTrigger: trigger,
      ...(fault && { fault: { reason: fault.reason, message: fault.message } }),
      ...(sources && { sources }),
    },
    new Date().toISOString(),
  );
}

function notesOnReplicas(deployment: JsonObject | null, rendered: RenderedConfiguration): string[] {
  const replicas = Number(memberOf(deployment, 'spec')['replicas'] ?? 1);
  if (replicas < 2 || !hasOwnDatabase(rendered)) return [];
  return [`${replicas} replicas need a shared database, or each serves its own data: set spec.databaseConfig`];
}
