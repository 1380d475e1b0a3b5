/** Detects whether ToolHive's operator is running. */
import { collectionPath, readObjectAt } from '../../kubernetes/objects.ts';
import { type JsonObject, memberOf, objectsOf } from '../../registry/json.ts';
import { isDenied } from './apply-objects.ts';
import type { ClusterWork } from './dependencies.ts';

const SELECTOR = 'app.kubernetes.io%2Fname%3Dtoolhive-operator';

/**
 * Names a Deployment of ToolHive's operator with pods, in any namespace or, if the operator can't see those, in the one
 * of the resource. Undefined if there is none.
 */
export async function findOtherOperator(work: ClusterWork, namespace: string): Promise<string | undefined> {
  const deployments = (await listDeployments(work, undefined)) ?? (await listDeployments(work, namespace)) ?? [];
  const running = deployments.find((deployment) => Number(memberOf(deployment, 'spec')['replicas'] ?? 1) > 0);
  if (running === undefined) return undefined;
  const metadata = memberOf(running, 'metadata');
  return `ToolHive's operator (Deployment ${String(metadata['namespace'])}/${String(metadata['name'])})`;
}

/** Undefined without the permission. Nothing can be changed without it either, which is reported then. */
async function listDeployments(
  { cluster, signal }: ClusterWork,
  namespace: string | undefined,
): Promise<JsonObject[] | undefined> {
  const path = `${collectionPath('apps/v1', 'deployments', namespace)}?labelSelector=${SELECTOR}`;
  try {
    const list = await readObjectAt(cluster, { path, what: 'deployments' }, signal);
    return objectsOf(list?.['items']);
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}
