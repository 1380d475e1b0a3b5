/** The custom resource definitions that sources know, reduced to what sources read; written for the tests. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesResource } from '../../registry/kubernetes/object.ts';
import type { ApiServer } from './api-server.ts';

interface Definition {
  readonly kind: string;
  /** The first one is stored. */
  readonly versions: readonly string[];
  /** Properties of the spec that an object must have. */
  readonly required: Readonly<Record<string, object>>;
}

const TEXT = { type: 'string' };
const TOOLHIVE_VERSIONS = ['v1beta1', 'v1alpha1'];

const DEFINITIONS: Readonly<Record<KubernetesResource, Definition>> = {
  'mcpservers.toolhive.stacklok.dev': { kind: 'MCPServer', versions: TOOLHIVE_VERSIONS, required: { image: TEXT } },
  'mcpremoteproxies.toolhive.stacklok.dev': {
    kind: 'MCPRemoteProxy',
    versions: TOOLHIVE_VERSIONS,
    required: { remoteUrl: { ...TEXT, pattern: '^https?://' } },
  },
  'virtualmcpservers.toolhive.stacklok.dev': {
    kind: 'VirtualMCPServer',
    versions: TOOLHIVE_VERSIONS,
    required: {
      groupRef: { type: 'object', required: ['name'], properties: { name: TEXT } },
      incomingAuth: { type: 'object', required: ['type'], properties: { type: TEXT } },
    },
  },
  'mcpservers.mcp.x-k8s.io': {
    kind: 'MCPServer',
    versions: ['v1alpha1'],
    required: {
      source: {
        type: 'object',
        required: ['type'],
        properties: { type: TEXT, containerImage: { type: 'object', properties: { ref: TEXT } } },
      },
    },
  },
};

export const ALL_RESOURCES = Object.keys(DEFINITIONS) as KubernetesResource[];

/** Installs definitions and waits until their objects can be requested. */
export async function install(
  server: ApiServer,
  resources: readonly KubernetesResource[],
  { versions }: { readonly versions?: readonly string[] } = {},
): Promise<void> {
  for (const resource of resources) {
    const definition = { ...DEFINITIONS[resource], ...(versions !== undefined && { versions }) };
    const manifest = manifestOf(resource, definition);
    await server.do('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { json: manifest });
  }
  for (const resource of resources) {
    const [version = ''] = versions ?? DEFINITIONS[resource].versions;
    while ((await server.ask('GET', `${groupPath(resource, version)}/${pluralOf(resource)}`)).status !== 200) {
      await delay(20);
    }
  }
}

export async function uninstall(server: ApiServer, resource: KubernetesResource): Promise<void> {
  await server.do('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${resource}`);
  const [version = ''] = DEFINITIONS[resource].versions;
  const path = `${groupPath(resource, version)}/${pluralOf(resource)}`;
  while ((await server.ask('GET', path)).status !== 404) await delay(20);
}

/** The path of a resource's objects in a namespace. */
export function objectsPath(resource: KubernetesResource, namespace: string): string {
  const [version = ''] = DEFINITIONS[resource].versions;
  return `${groupPath(resource, version)}/namespaces/${namespace}/${pluralOf(resource)}`;
}

/** The common part of every object of a resource. */
export function typeOf(resource: KubernetesResource): { apiVersion: string; kind: string } {
  const { kind, versions } = DEFINITIONS[resource];
  return { apiVersion: groupPath(resource, versions[0]!).slice('/apis/'.length), kind };
}

function groupPath(resource: KubernetesResource, version: string): string {
  return `/apis/${resource.slice(resource.indexOf('.') + 1)}/${version}`;
}

function pluralOf(resource: KubernetesResource): string {
  return resource.slice(0, resource.indexOf('.'));
}

function manifestOf(resource: KubernetesResource, { kind, versions, required }: Definition): object {
  const spec = {
    type: 'object',
    required: Object.keys(required),
    properties: required,
    'x-kubernetes-preserve-unknown-fields': true,
  };
  const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: resource },
    spec: {
      group: resource.slice(resource.indexOf('.') + 1),
      scope: 'Namespaced',
      names: { plural: pluralOf(resource), kind, listKind: `${kind}List`, singular: kind.toLowerCase() },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', required: ['spec'], properties: { spec, status } } },
      })),
    },
  };
}
