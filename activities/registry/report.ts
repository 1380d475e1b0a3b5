/** Reports on a resource: its status, and events that `kubectl describe` shows. */
import { hostname } from 'node:os';
import { log } from '@temporalio/activity';
import { apply, collectionPath } from '../../kubernetes/objects.ts';
import { resourceCollection } from '../../operator/objects.ts';
import { RESOURCE_KIND, type RegistryResource } from '../../operator/resource.ts';
import { type JsonObject, jsonEquals, objectsOf } from '../../registry/json.ts';
import type { Reconciliation } from './dependencies.ts';
import { resourceAt } from './find-resource.ts';

const COMPONENT = 'rollcall.dev/operator';
/** Limit of the API server. */
const MAX_NOTE_LENGTH = 1_000;

/** Writes the status if it differs, and an event for a new phase or a new problem. */
export async function reportStatus(
  reconciliation: Reconciliation,
  resource: RegistryResource,
  status: JsonObject,
): Promise<void> {
  if (jsonEquals(status, resource.status)) return;
  const { apiVersion } = resourceCollection(resource.group);
  const { namespace, name } = resource;
  const { path, what } = resourceAt(resource.group, resource);
  await apply(reconciliation.cluster, {
    path: `${path}/status`,
    what: `the status of ${what}`,
    manifest: { apiVersion, kind: RESOURCE_KIND, metadata: { namespace, name }, status },
    signal: reconciliation.signal,
  });
  const before = resource.status;
  if (status['phase'] === before['phase'] && reasonOf(status) === reasonOf(before)) return;
  await emitEvent(reconciliation, resource, {
    type: status['phase'] === 'Failed' ? 'Warning' : 'Normal',
    reason: status['phase'] === 'Failed' ? reasonOf(status) : String(status['phase']),
    note: String(status['message']),
  });
}

/** The reason of the first condition that isn't met. */
function reasonOf(status: JsonObject): string {
  const failing = objectsOf(status['conditions']).find((condition) => condition['status'] === 'False');
  return String(failing?.['reason'] ?? status['phase']);
}

export interface RegistryEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

/** kubectl shows events in the order of their names. */
function nanoseconds(): bigint {
  return BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
}

/** Events only inform: one that can't be written is logged. */
export async function emitEvent(
  { cluster, signal }: Reconciliation,
  { group, namespace, name, uid, resourceVersion }: RegistryResource,
  { type, reason, note }: RegistryEvent,
): Promise<void> {
  const { apiVersion } = resourceCollection(group);
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${nanoseconds().toString(16)}`, namespace },
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    reportingController: COMPONENT,
    reportingInstance: hostname(),
    action: 'Reconcile',
    type,
    reason,
    note: note.slice(0, MAX_NOTE_LENGTH),
    regarding: { apiVersion, kind: RESOURCE_KIND, namespace, name, uid, resourceVersion },
  };
  try {
    await cluster.request({
      method: 'POST',
      path: collectionPath('events.k8s.io/v1', 'events', namespace),
      what: `events in the namespace ${namespace}`,
      content: { json: event, type: 'application/json' },
      signal,
    });
  } catch (error) {
    log.warn('An event could not be written', { error, reason });
  }
}
