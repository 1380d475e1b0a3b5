/**
 * What a source is: the part of the configuration that its actor carries.
 *
 * A definition travels through Temporal and is readable in its Web UI, so it holds no secret: a secret is
 * named by the file (or the environment variable) that the activity reads it from.
 * This file has no imports: workflow code may use it.
 */

export const SOURCE_KINDS = ['api', 'git', 'file', 'managed', 'kubernetes'] as const;

/** The format of a registry document; found by its content where a definition gives none. */
export type RegistryFormat = 'upstream' | 'toolhive';

/** Where a secret is read from, each time it is needed. */
export type SecretReference = { readonly file: string } | { readonly environment: string };

export interface GitOrigin {
  readonly kind: 'git';
  /** An HTTP(S) or SSH URL without credentials in it, or the file URL of a repository on this machine. */
  readonly repository: string;
  /** `commit` is preferred to `tag`, `tag` to `branch`; none of them: the remote's default branch. */
  readonly branch?: string;
  readonly tag?: string;
  readonly commit?: string;
  /** A file or a glob of files inside the repository. Default `registry.json`. */
  readonly path: string;
  readonly auth?:
    | { readonly username: string; readonly password: SecretReference }
    | { readonly sshKeyFile: string; readonly knownHostsFile?: string };
}

export interface ApiOrigin {
  readonly kind: 'api';
  /** The base URL, as people paste it: with or without `/v0.1`, `/v0.1/servers` or a trailing slash. */
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, SecretReference>>;
  readonly bearerToken?: SecretReference;
  /** Milliseconds that one request may take. Default 10 s. */
  readonly timeoutMs: number;
  /** Milliseconds between two full syncs; in between only what changed is asked for. Default 24 h. */
  readonly fullSyncEveryMs: number;
}

export interface FileOrigin {
  readonly kind: 'file';
  /** Exactly one of path (watched), url (conditional GET) and inline data. */
  readonly location:
    | { readonly path: string }
    | { readonly url: string; readonly timeoutMs: number }
    | { readonly data: string };
}

interface ManagedOrigin {
  readonly kind: 'managed';
}

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

export interface KubernetesOrigin {
  readonly kind: 'kubernetes';
  /** Absent: the one that kubectl would use, in a pod the service account. */
  readonly kubeconfig?: string;
  /** Default: the current context of the kubeconfig. */
  readonly context?: string;
  /** Either the servers that run in the cluster, or a registry document in a ConfigMap. */
  readonly content:
    | {
        readonly servers: {
          /** Default: all namespaces. */
          readonly namespaces?: readonly string[];
          /** As `kubectl --selector` takes it. */
          readonly labelSelector?: string;
          readonly resources: readonly KubernetesResource[];
        };
      }
    | {
        readonly configMap: {
          readonly name: string;
          /** Default: the namespace of the context, in a pod the pod's. */
          readonly namespace?: string;
          readonly key: string;
        };
      };
}

export type SourceOrigin = GitOrigin | ApiOrigin | FileOrigin | ManagedOrigin | KubernetesOrigin;

/**
 * Whether what a source lists is all that there is, by the word of who decides it: then also an empty list is meant.
 * Anything else may have lost its entries.
 */
export function isAuthoritative(origin: SourceOrigin): boolean {
  return origin.kind === 'kubernetes' && 'servers' in origin.content;
}

/** Whether the definition holds the document itself. Its author wrote what is in it, and left out what is not. */
export function isInline(origin: SourceOrigin): boolean {
  return origin.kind === 'file' && 'data' in origin.location;
}

/** Glob patterns over whole server names (`*` crosses `/`) and exact tags; an exclusion wins. */
export interface SourceFilter {
  readonly names?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] };
  readonly tags?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] };
}

export interface SourceDefinition {
  /** A DNS label: `^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`. */
  readonly name: string;
  readonly origin: SourceOrigin;
  readonly format?: RegistryFormat;
  readonly filter?: SourceFilter;
  readonly syncPolicy: {
    /** Milliseconds from one cycle to the next; null: only a message starts a sync. */
    readonly intervalMs: number | null;
    /** The largest share of the entries (0 to 1) that one sync may remove. Default 0.5. */
    readonly maxRemoval: number;
    /** Milliseconds that one fetch may take. Default 15 min. */
    readonly deadlineMs: number;
  };
}
