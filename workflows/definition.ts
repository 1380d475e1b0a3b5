/** What an actor is told about the definition of its source. */
import type { KubernetesOrigin, SourceDefinition } from '../registry/source-definition.ts';
import type { SourceReference } from './contract.ts';

/** @param fingerprint identifies the definition; the workflow sandbox has no cryptography to make one */
export function referenceTo(definition: SourceDefinition, fingerprint: string): SourceReference {
  const { name, origin, syncPolicy } = definition;
  const { intervalMs, deadlineMs } = syncPolicy;
  return {
    name,
    kind: origin.kind,
    fingerprint,
    label: originLabel(definition),
    isWatched: isWatched(definition),
    policy: {
      intervalMs,
      deadlineMs,
      ...(origin.kind === 'api' && { fullSyncEveryMs: origin.fullSyncEveryMs }),
    },
  };
}

/** Files and clusters are watched: a change is seen without waiting for the timer. */
function isWatched({ origin }: SourceDefinition): boolean {
  return origin.kind === 'kubernetes' || (origin.kind === 'file' && 'path' in origin.location);
}

/** Where a source comes from, for display to operators: no credentials, no query string. */
export function originLabel({ origin }: SourceDefinition): string {
  switch (origin.kind) {
    case 'git':
      return `git ${publicPart(origin.repository)} (${origin.commit ?? origin.tag ?? origin.branch ?? 'default branch'})`;
    case 'api':
      return `registry ${publicPart(origin.endpoint)}`;
    case 'file':
      return fileLabel(origin.location);
    case 'kubernetes':
      return clusterLabel(origin);
    case 'managed':
      break;
  }
  return 'entries published here';
}

function clusterLabel({ content, context }: KubernetesOrigin): string {
  const cluster = context === undefined ? 'Kubernetes' : `Kubernetes ${context}`;
  if ('servers' in content) return `${cluster} (${content.servers.namespaces?.join(', ') ?? 'all namespaces'})`;
  const { namespace, name } = content.configMap;
  return `${cluster} ConfigMap ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

function fileLabel(location: { readonly path: string } | { readonly url: string } | { readonly data: string }): string {
  if ('path' in location) return `file ${location.path}`;
  return 'url' in location ? `file ${publicPart(location.url)}` : 'data in the configuration';
}

function publicPart(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').replace(/[?#].*$/s, '');
}
