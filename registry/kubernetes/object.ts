/** Kubernetes objects as returned by the API server. */
import { type JsonObject, memberOf, textOf } from '../json.ts';

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

/** Returns null for an invalid object, without name and namespace. */
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

/** The `kind` in manifests. */
export const KINDS: Readonly<Record<KubernetesResource, string>> = {
  'mcpservers.toolhive.stacklok.dev': 'MCPServer',
  'mcpremoteproxies.toolhive.stacklok.dev': 'MCPRemoteProxy',
  'virtualmcpservers.toolhive.stacklok.dev': 'VirtualMCPServer',
  'mcpservers.mcp.x-k8s.io': 'MCPServer',
};

/** Returns the image of a server. Proxies have none. */
export function imageOf({ spec }: KubernetesObject): string | undefined {
  return textOf(spec['image']) ?? textOf(memberOf(memberOf(spec, 'source'), 'containerImage')['ref']);
}

/** Returns the server's URL in the operator's status. Undefined until the server is reachable. */
export function statusUrlOf({ status }: KubernetesObject): string | undefined {
  return textOf(status['url']) ?? textOf(memberOf(status, 'address')['url']);
}

/** Returns the transport at the server's URL. Servers that use stdio have a proxy in front of them. */
export function remoteTransportOf({ spec }: KubernetesObject): string {
  const transport = textOf(spec['transport']);
  const spoken = transport === undefined || transport === 'stdio' ? textOf(spec['proxyMode']) : transport;
  return spoken === 'sse' ? 'sse' : 'streamable-http';
}
