/** Kubernetes objects as the API server sends them, and what every kind of source asks of them. */
import { type JsonObject, memberOf, textOf } from './json.ts';

/**
 * The custom resources that describe MCP servers, by the names of their definitions: those of ToolHive, and that of
 * the Kubernetes project itself.
 */
export const KUBERNETES_RESOURCES = [
  'mcpservers.toolhive.stacklok.dev',
  'mcpremoteproxies.toolhive.stacklok.dev',
  'virtualmcpservers.toolhive.stacklok.dev',
  'mcpservers.mcp.x-k8s.io',
] as const;
export type KubernetesResource = (typeof KUBERNETES_RESOURCES)[number];

/** An object of a custom resource. */
export interface KubernetesObject {
  readonly resource: KubernetesResource;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  readonly status: JsonObject;
}

/** @returns null for what has no name and namespace, which no API server sends */
export function readObject(resource: KubernetesResource, object: unknown): KubernetesObject | null {
  const metadata = memberOf(object, 'metadata');
  const name = textOf(metadata['name']);
  const namespace = textOf(metadata['namespace']);
  if (name === undefined || namespace === undefined) return null;
  return {
    resource,
    namespace,
    name,
    uid: textOf(metadata['uid']) ?? '',
    annotations: memberOf(metadata, 'annotations') as Record<string, string>,
    spec: memberOf(object, 'spec'),
    status: memberOf(object, 'status'),
  };
}

/** The name of the kind, as manifests have it. */
export const KINDS: Readonly<Record<KubernetesResource, string>> = {
  'mcpservers.toolhive.stacklok.dev': 'MCPServer',
  'mcpremoteproxies.toolhive.stacklok.dev': 'MCPRemoteProxy',
  'virtualmcpservers.toolhive.stacklok.dev': 'VirtualMCPServer',
  'mcpservers.mcp.x-k8s.io': 'MCPServer',
};

/** The image that a server runs from; a proxy has none. */
export function imageOf({ spec }: KubernetesObject): string | undefined {
  return textOf(spec['image']) ?? textOf(memberOf(memberOf(spec, 'source'), 'containerImage')['ref']);
}

/** Where a server is reached, as its operator found; undefined until there is something to reach. */
export function statusUrlOf({ status }: KubernetesObject): string | undefined {
  return textOf(status['url']) ?? textOf(memberOf(status, 'address')['url']);
}

/** How a server is spoken to at its URL: one that speaks stdio has a proxy before it. */
export function remoteTransportOf({ spec }: KubernetesObject): string {
  const transport = textOf(spec['transport']);
  const spoken = transport === undefined || transport === 'stdio' ? textOf(spec['proxyMode']) : transport;
  return spoken === 'sse' ? 'sse' : 'streamable-http';
}
