/** What a cluster says about a server that runs in it, and changes all the time: no part of the entry. */
import { objectsOf, textOf } from './json.ts';
import { imageOf, KINDS, type KubernetesObject, remoteTransportOf, statusUrlOf } from './kubernetes-object.ts';

export interface Deployment {
  /** The name of the custom resource's definition: `mcpservers.toolhive.stacklok.dev`. */
  readonly resource: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The name of the entry. */
  readonly serverName: string;
  /** As the operator calls it: `Pending`, `Ready`, `Failed`; null where it says nothing. */
  readonly phase: string | null;
  readonly ready: boolean;
  readonly url: string | null;
  readonly image: string | null;
  readonly transport: string;
}

const READY_PHASES: readonly unknown[] = ['Ready', 'Running'];

/** How the server of an object is doing, by its condition `Ready`, or else by its phase. */
export function deploymentOf(object: KubernetesObject, serverName: string): Deployment {
  const { resource, namespace, name, status } = object;
  const condition = objectsOf(status['conditions']).find(({ type }) => type === 'Ready');
  return {
    resource,
    kind: KINDS[resource],
    namespace,
    name,
    serverName,
    phase: textOf(status['phase']) ?? null,
    ready: condition === undefined ? READY_PHASES.includes(status['phase']) : condition['status'] === 'True',
    url: statusUrlOf(object) ?? null,
    image: imageOf(object) ?? null,
    transport: remoteTransportOf(object),
  };
}
