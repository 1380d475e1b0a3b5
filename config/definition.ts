/** From a source as it is written to the definition that its actor carries. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type {
  ApiOrigin,
  FileOrigin,
  GitOrigin,
  SecretReference,
  SourceDefinition,
  SourceOrigin,
} from '../registry/source-definition.ts';
import { present } from './present.ts';
import { isLocalPath } from './repository-url.ts';
import type { WrittenSource } from './source-schema.ts';

/** A path may change without an event reaching us, as on a network volume: it is looked at once a minute. */
const WATCHED_FILE_INTERVAL_MS = 60_000;
const FILE_URL_TIMEOUT_MS = 30_000;

/** `folder` is where relative paths start. The source has been checked: it has exactly one kind. */
export function sourceDefinition(name: string, source: WrittenSource, folder: string): SourceDefinition {
  const origin = sourceOrigin(source, folder);
  return {
    name,
    origin,
    ...present({ format: source.format, filter: source.filter }),
    syncPolicy: {
      intervalMs: origin.kind === 'managed' ? null : (source.syncPolicy.interval ?? defaultIntervalMs(origin)),
      maxRemoval: source.syncPolicy.maxRemoval,
      deadlineMs: source.syncPolicy.deadline,
    },
  };
}

function defaultIntervalMs(origin: SourceOrigin): number | null {
  return origin.kind === 'file' && 'path' in origin.location ? WATCHED_FILE_INTERVAL_MS : null;
}

function sourceOrigin(source: WrittenSource, folder: string): SourceOrigin {
  if (source.git !== undefined) return gitOrigin(source.git, folder);
  if (source.api !== undefined) return apiOrigin(source.api, folder);
  if (source.file !== undefined) return fileOrigin(source.file, folder);
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
