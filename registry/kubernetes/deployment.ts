/** The state of a server in a cluster. It changes often, so it isn't part of the entry. */
import { objectsOf, textOf } from '../json.ts';
import { imageOf, KINDS, type KubernetesObject, remoteTransportOf, statusUrlOf } from './object.ts';

export interface Deployment {
  /** Name of the custom resource definition, such as `mcpservers.toolhive.stacklok.dev`. */
  readonly resource: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Name of the entry. */
  readonly serverName: string;
  /** The operator's term: `Pending`, `Ready`, `Failed`. Null if it is missing. */
  readonly phase: string | null;
  readonly ready: boolean;
  readonly url: string | null;
  readonly image: string | null;
  readonly transport: string;
}

const READY_PHASES: readonly unknown[] = ['Ready', 'Running'];

/** Returns the state of an object's server, from its `Ready` condition or else its phase. */
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
