/** From a source as it is written to the definition that its actor carries. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { defined } from '../registry/json.ts';
import { KUBERNETES_RESOURCES } from '../registry/source-definition.ts';
import type {
  ApiOrigin,
  FileOrigin,
  GitOrigin,
  KubernetesOrigin,
  SecretReference,
  SourceDefinition,
  SourceOrigin,
} from '../registry/source-definition.ts';
import { isLocalPath } from '../sources/git/repository-url.ts';
import type { Surroundings } from './settings.ts';
import type { WrittenSource } from './source-schema.ts';

/** A path may change without an event reaching us, as on a network volume: it is looked at once a minute. */
const WATCHED_FILE_INTERVAL_MS = 60_000;
/** A cluster tells what changes; this finds what it may have kept to itself, and resources that were installed since. */
const WATCHED_CLUSTER_INTERVAL_MS = 5 * 60_000;
const FILE_URL_TIMEOUT_MS = 30_000;

/** The source has been checked: it has exactly one kind. */
export function sourceDefinition(name: string, source: WrittenSource, surroundings: Surroundings): SourceDefinition {
  const origin = sourceOrigin(source, surroundings);
  return {
    name,
    origin,
    ...defined({ format: source.format, filter: source.filter }),
    syncPolicy: {
      intervalMs: origin.kind === 'managed' ? null : (source.syncPolicy.interval ?? defaultIntervalMs(origin)),
      maxRemoval: source.syncPolicy.maxRemoval,
      deadlineMs: source.syncPolicy.deadline,
    },
  };
}

function defaultIntervalMs(origin: SourceOrigin): number | null {
  if (origin.kind === 'kubernetes') return WATCHED_CLUSTER_INTERVAL_MS;
  return origin.kind === 'file' && 'path' in origin.location ? WATCHED_FILE_INTERVAL_MS : null;
}

function sourceOrigin(source: WrittenSource, surroundings: Surroundings): SourceOrigin {
  const { folder } = surroundings;
  if (source.git !== undefined) return gitOrigin(source.git, folder);
  if (source.api !== undefined) return apiOrigin(source.api, folder);
  if (source.file !== undefined) return fileOrigin(source.file, folder);
  if (source.kubernetes !== undefined) return kubernetesOrigin(source.kubernetes ?? {}, surroundings);
  if (source.configMap !== undefined) return configMapOrigin(source.configMap, folder);
  return { kind: 'managed' };
}

function gitOrigin(git: NonNullable<WrittenSource['git']>, folder: string): GitOrigin {
  const { repository, auth, ...rest } = git;
  return {
    kind: 'git',
    repository: isLocalPath(repository) ? pathToFileURL(resolve(folder, repository)).href : repository,
    ...rest,
    ...(auth && { auth: gitAuth(auth, folder) }),
  };
}

function gitAuth(
  auth: NonNullable<NonNullable<WrittenSource['git']>['auth']>,
  folder: string,
): NonNullable<GitOrigin['auth']> {
  const { username = '', passwordFile = '', sshKeyFile, knownHostsFile } = auth;
  if (sshKeyFile === undefined) return { username, password: { file: resolve(folder, passwordFile) } };
  return {
    sshKeyFile: resolve(folder, sshKeyFile),
    ...(knownHostsFile !== undefined && { knownHostsFile: resolve(folder, knownHostsFile) }),
  };
}

function apiOrigin(api: NonNullable<WrittenSource['api']>, folder: string): ApiOrigin {
  const headers = Object.entries(api.headers ?? {}).map(([name, { file, env = '' }]): [string, SecretReference] => [
    name,
    file === undefined ? { environment: env } : { file: resolve(folder, file) },
  ]);
  return {
    kind: 'api',
    endpoint: api.endpoint,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(api.bearerTokenFile !== undefined && { bearerToken: { file: resolve(folder, api.bearerTokenFile) } }),
    timeoutMs: api.timeout,
    fullSyncEveryMs: api.fullSyncEvery,
  };
}

function fileOrigin(file: NonNullable<WrittenSource['file']>, folder: string): FileOrigin {
  const { path, url, data = '', timeout = FILE_URL_TIMEOUT_MS } = file;
  if (path !== undefined) return { kind: 'file', location: { path: resolve(folder, path) } };
  if (url !== undefined) return { kind: 'file', location: { url, timeoutMs: timeout } };
  return { kind: 'file', location: { data } };
}

/** For sources that name no namespaces, as ToolHive Registry Server has it: a list with commas. */
const WATCHED_NAMESPACES = 'THV_REGISTRY_WATCH_NAMESPACE';

function kubernetesOrigin(
  written: Partial<NonNullable<WrittenSource['kubernetes']>>,
  { folder, environment }: Surroundings,
): KubernetesOrigin {
  const { namespaces, labelSelector, resources = KUBERNETES_RESOURCES } = written;
  const watched = (environment[WATCHED_NAMESPACES] ?? '').split(',').map((name) => name.trim());
  const named = namespaces ?? watched.filter((name) => name !== '');
  return {
    kind: 'kubernetes',
    ...clusterAccess(written, folder),
    content: {
      servers: {
        ...(named.length > 0 && { namespaces: [...new Set(named)] }),
        ...(labelSelector !== undefined && { labelSelector }),
        resources: [...new Set(resources)],
      },
    },
  };
}

function configMapOrigin(written: NonNullable<WrittenSource['configMap']>, folder: string): KubernetesOrigin {
  const { kubeconfig: _, context: __, ...configMap } = written;
  return { kind: 'kubernetes', ...clusterAccess(written, folder), content: { configMap } };
}

function clusterAccess(
  { kubeconfig, context }: { readonly kubeconfig?: string; readonly context?: string },
  folder: string,
): Pick<KubernetesOrigin, 'kubeconfig' | 'context'> {
  return {
    ...(kubeconfig !== undefined && { kubeconfig: resolve(folder, kubeconfig) }),
    ...(context !== undefined && { context }),
  };
}
