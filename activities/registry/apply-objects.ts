/** Applies the objects of a registry, and takes over those that ToolHive's operator created. */
import {
  applyObject,
  deleteObject,
  getObject,
  type KubernetesManifest,
  nameOf,
  resourceVersionOf,
  takeOverFields,
} from '../../kubernetes/objects.ts';
import { ObjectRefused } from '../../kubernetes/refusal.ts';
import {
  accountOf,
  configMapOf,
  deploymentOf,
  MANAGED_BY,
  pgpassSecretOf,
  roleBindingOf,
  roleOf,
  serviceOf,
} from '../../operator/objects.ts';
import type { RenderedConfiguration } from '../../operator/configuration.ts';
import type { RegistryResource } from '../../operator/resource.ts';
import { SpecFault } from '../../operator/spec-fault.ts';
import { hasPodTemplate, type Workload } from '../../operator/workload.ts';
import { RollcallError } from '../../registry/failure.ts';
import { type JsonObject, jsonEquals, memberOf, objectsOf } from '../../registry/json.ts';
import type { ClusterWork, Reconciliation } from './dependencies.ts';
import { ReferencedObjects } from './referenced-objects.ts';

const TOOLHIVE_OPERATOR = 'toolhive-operator';

/** Reason of the condition `Ready` for a kind that can't be applied; those of ToolHive's operator. */
const REASONS: Readonly<Record<string, string>> = {
  ConfigMap: 'ConfigMapFailed',
  Secret: 'PGPassSecretFailed',
  ServiceAccount: 'RBACFailed',
  Role: 'RBACFailed',
  RoleBinding: 'RBACFailed',
  Service: 'ServiceFailed',
  Deployment: 'DeploymentFailed',
};

export interface RegistryContent {
  readonly resource: RegistryResource;
  readonly rendered: RenderedConfiguration;
  readonly workload: Workload;
}

/**
 * Applies all objects of a registry. Nothing is changed unless everything that it refers to exists and the API server
 * accepts the Deployment.
 *
 * @throws SpecFault if the resource, what it refers to, or the permissions of the operator are at fault
 */
export async function applyObjects(reconciliation: Reconciliation, content: RegistryContent): Promise<void> {
  const { resource } = content;
  const manifests = await manifestsOf(reconciliation, content);
  const deployment = manifests.filter(({ kind }) => kind === 'Deployment');
  for (const manifest of deployment) await applyOne(reconciliation, { resource, manifest, dryRun: true });
  for (const manifest of manifests) await applyOne(reconciliation, { resource, manifest });
}

/**
 * All objects of a registry, in the order in which they are applied.
 *
 * @throws SpecFault if something that they refer to is missing
 */
export async function manifestsOf(
  work: ClusterWork,
  { resource, rendered, workload }: RegistryContent,
): Promise<KubernetesManifest[]> {
  const referenced = new ReferencedObjects(work, resource.namespace);
  await referenced.assertAll(workload.references);
  const versions = await referenced.versions(workload.references);
  return [
    configMapOf(resource, rendered),
    ...(rendered.passwords.length > 0
      ? [pgpassSecretOf(resource, await referenced.passwordFile(rendered.passwords))]
      : []),
    accountOf(resource),
    roleOf(resource, rendered),
    roleBindingOf(resource),
    serviceOf(resource),
    deploymentOf(resource, { rendered, workload, versions }),
  ];
}

interface Application {
  readonly resource: RegistryResource;
  readonly manifest: KubernetesManifest;
  readonly dryRun?: boolean;
}

async function applyOne(reconciliation: Reconciliation, application: Application): Promise<void> {
  try {
    await applyOrTakeOver(reconciliation, application);
  } catch (error) {
    throw toFault(error, application);
  }
}

function toFault(error: unknown, { resource, manifest }: Application): unknown {
  const { kind } = manifest;
  const reason = REASONS[kind] ?? 'ReconcileFailed';
  if (error instanceof ObjectRefused && error.status !== 409) {
    const field = error.explanation.replaceAll('spec.template.', 'spec.podTemplateSpec.');
    const isTemplate = kind === 'Deployment' && hasPodTemplate(resource) && field !== error.explanation;
    if (!isTemplate) return new SpecFault(reason, error.message);
    return new SpecFault(
      'InvalidPodTemplateSpec',
      `Failed to parse PodTemplateSpec: ${field}. Deployment blocked until fixed.`,
    );
  }
  return isDenied(error) ? permissionFault(error, { reason, what: `the ${wordsOf(manifest)}` }) : error;
}

export function isDenied(error: unknown): error is RollcallError {
  return error instanceof RollcallError && error.type === 'UpstreamDenied';
}

/** A fault for a permission that the operator doesn't have. */
function permissionFault(
  { message }: RollcallError,
  { reason, what }: { readonly reason: string; readonly what: string },
): SpecFault {
  const said = message.slice(Math.max(0, message.indexOf('The API server says')));
  return new SpecFault(
    reason,
    `The operator is not allowed to manage ${what}: grant it with the roles in deploy/operator. ${said}`,
  );
}

async function applyOrTakeOver(
  { cluster, signal, changes }: Reconciliation,
  { resource, manifest, dryRun = false }: Application,
): Promise<void> {
  const name = nameOf(manifest);
  let live = await getObject(cluster, name, signal);
  if (live !== null) assertOwn(live, resource, manifest);
  if (dryRun) {
    await applyObject(cluster, manifest, { signal, dryRun });
    return;
  }
  if (live !== null && managerOf(live) === TOOLHIVE_OPERATOR) {
    // A cluster adds pull secrets of its own to service accounts.
    if (manifest.kind !== 'ServiceAccount') await takeOverFields(cluster, live, signal);
    changes.push(`took over ${wordsOf(manifest)}`);
  } else if (live !== null && hasOtherRole(live, manifest)) {
    // The role of a binding can't be changed.
    await deleteObject(cluster, name, signal);
    live = null;
  }
  const before = resourceVersionOf(live);
  const applied = await applyObject(cluster, manifest, { signal });
  if (live === null) changes.push(`created ${wordsOf(manifest)}`);
  else if (resourceVersionOf(applied) !== before && managerOf(live) === MANAGED_BY) {
    changes.push(`changed ${wordsOf(manifest)}`);
  }
}

function wordsOf({ kind, metadata }: KubernetesManifest): string {
  return `${kind} ${metadata.name}`;
}

function managerOf(live: JsonObject): unknown {
  return memberOf(memberOf(live, 'metadata'), 'labels')['app.kubernetes.io/managed-by'];
}

function hasOtherRole(live: JsonObject, manifest: KubernetesManifest): boolean {
  return manifest.kind === 'RoleBinding' && !jsonEquals(live['roleRef'], manifest['roleRef']);
}

/** Refuses to replace an object with the same name and another owner. */
function assertOwn(live: JsonObject, resource: RegistryResource, manifest: KubernetesManifest): void {
  const controller = objectsOf(memberOf(live, 'metadata')['ownerReferences']).find(
    (owner) => owner['controller'] === true,
  );
  if (controller?.['uid'] === resource.uid) return;
  const owner =
    controller === undefined ? 'no MCPRegistry' : `the ${String(controller['kind'])} ${String(controller['name'])}`;
  throw new SpecFault(
    'NameConflict',
    `The ${wordsOf(manifest)} already exists and belongs to ${owner}: delete or rename it, or rename the MCPRegistry`,
  );
}
