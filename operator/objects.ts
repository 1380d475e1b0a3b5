/** The objects that a registry consists of in the cluster. Pure: from a resource to manifests. */
import { createHash } from 'node:crypto';
import type { KubernetesManifest } from '../kubernetes/objects.ts';
import { isJsonObject, type JsonObject, memberOf, objectsOf } from '../registry/json.ts';
import { hasOwnDatabase, type RenderedConfiguration } from './configuration.ts';
import {
  CONTAINER,
  namesOf,
  PLURALS,
  RESOURCE_KIND,
  RESOURCE_VERSION,
  type RegistryResource,
  textMembers,
} from './resource.ts';
import type { Workload } from './workload.ts';

export const MANAGED_BY = 'rollcall-operator';
const CONFIG_HASH = 'toolhive.stacklok.dev/config-hash';

/** The selector of the Deployment, which can't be changed and is the one of ToolHive's operator. */
function selectorOf(resource: RegistryResource): Record<string, string> {
  return {
    'app.kubernetes.io/name': namesOf(resource).workload,
    'app.kubernetes.io/component': CONTAINER,
  };
}

function labelsOf(resource: RegistryResource): Record<string, string> {
  return {
    ...selectorOf(resource),
    'app.kubernetes.io/instance': resource.name,
    'app.kubernetes.io/managed-by': MANAGED_BY,
    'toolhive.stacklok.io/registry-name': resource.name,
  };
}

/** The objects are deleted with the resource. */
function ownerOf({ group, name, uid }: RegistryResource): JsonObject {
  return {
    apiVersion: `${group}/${RESOURCE_VERSION}`,
    kind: RESOURCE_KIND,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

interface ManifestType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

function manifest(resource: RegistryResource, type: ManifestType, content: JsonObject): KubernetesManifest {
  const { apiVersion, kind, name } = type;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: resource.namespace,
      labels: labelsOf(resource),
      ownerReferences: [ownerOf(resource)],
    },
    ...content,
  };
}

export function configMapOf(resource: RegistryResource, { text }: RenderedConfiguration): KubernetesManifest {
  const type = { apiVersion: 'v1', kind: 'ConfigMap', name: namesOf(resource).configMap };
  return manifest(resource, type, { data: { 'config.yaml': text } });
}

/** @param content the password file */
export function pgpassSecretOf(resource: RegistryResource, content: string): KubernetesManifest {
  const type = { apiVersion: 'v1', kind: 'Secret', name: namesOf(resource).pgpassSecret };
  return manifest(resource, type, { type: 'Opaque', data: { '.pgpass': Buffer.from(content).toString('base64') } });
}

/** Pull secrets of the account are left alone if the resource has none: OpenShift adds its own. */
export function accountOf(resource: RegistryResource): KubernetesManifest {
  const pullSecrets = objectsOf(resource.spec['imagePullSecrets']);
  const type = { apiVersion: 'v1', kind: 'ServiceAccount', name: namesOf(resource).account };
  return manifest(resource, type, pullSecrets.length > 0 ? { imagePullSecrets: pullSecrets } : {});
}

/** Allows reading only the objects that the sources of the registry read in its own namespace. */
export function roleOf(resource: RegistryResource, { configuration }: RenderedConfiguration): KubernetesManifest {
  const contents = configuration.sources.map(({ origin }) => memberOf(origin, 'content'));
  const configMaps = contents.map((content) => memberOf(content, 'configMap')).flatMap(({ name }) => name ?? []);
  const rules: JsonObject[] = [];
  if (contents.some((content) => isJsonObject(content['servers']))) {
    rules.push(
      {
        apiGroups: ['toolhive.stacklok.dev'],
        resources: ['mcpservers', 'mcpremoteproxies', 'virtualmcpservers'],
        verbs: ['list', 'watch'],
      },
      { apiGroups: ['mcp.x-k8s.io'], resources: ['mcpservers'], verbs: ['list', 'watch'] },
    );
  }
  if (configMaps.length > 0) {
    rules.push({
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: [...new Set(configMaps)],
      verbs: ['list', 'watch'],
    });
  }
  const type = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', name: namesOf(resource).account };
  return manifest(resource, type, { rules });
}

export function roleBindingOf(resource: RegistryResource): KubernetesManifest {
  const { account } = namesOf(resource);
  const type = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', name: account };
  return manifest(resource, type, {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: account },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: resource.namespace }],
  });
}

export function serviceOf(resource: RegistryResource): KubernetesManifest {
  const type = { apiVersion: 'v1', kind: 'Service', name: namesOf(resource).workload };
  return manifest(resource, type, {
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(resource),
      ports: [{ name: 'http', port: 8080, targetPort: 'http', protocol: 'TCP' }],
    },
  });
}

export interface DeploymentContent {
  readonly rendered: RenderedConfiguration;
  readonly workload: Workload;
  /** Versions of the referenced objects: a rotated Secret restarts the pods. */
  readonly versions: readonly string[];
}

/** The manifest doesn't set the number of replicas: it is 1 at first, and an autoscaler or a user can change it. */
export function deploymentOf(resource: RegistryResource, content: DeploymentContent): KubernetesManifest {
  const { rendered, workload, versions } = content;
  const metadata = memberOf(workload.template, 'metadata');
  const type = { apiVersion: 'apps/v1', kind: 'Deployment', name: namesOf(resource).workload };
  return manifest(resource, type, {
    spec: {
      selector: { matchLabels: selectorOf(resource) },
      // Two pods with separate databases would serve different data.
      ...(hasOwnDatabase(rendered) && { strategy: { type: 'Recreate' } }),
      template: {
        ...workload.template,
        metadata: {
          ...metadata,
          labels: { ...labelsOf(resource), ...textMembers(metadata['labels']), ...selectorOf(resource) },
          annotations: {
            ...textMembers(metadata['annotations']),
            [CONFIG_HASH]: digest([rendered.text, ...versions]),
          },
        },
      },
    },
  });
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** The path under which the resources of a group are served. */
export function resourceCollection(group: RegistryResource['group']): {
  readonly apiVersion: string;
  readonly plural: string;
} {
  return { apiVersion: `${group}/${RESOURCE_VERSION}`, plural: PLURALS[group] };
}
