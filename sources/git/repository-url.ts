/** Locations of Git repositories: HTTP(S), SSH in both notations, or a local folder. */

import { z } from 'zod';

import { MAX_URL_LENGTH, tooLong } from '../../config/schema/scalars.ts';

/** `git@example.com:group/project.git` */
const SCP_LIKE = /^(?:\w[\w.-]*@)?\w[\w.-]*:[^:\s][^\s]*$/;
const LOCAL_PATH = /^(?:\/|\.\.?\/)/;

/** The transport that Git uses for the repository; undefined if there is none. */
export function repositoryTransport(repository: string): 'http' | 'ssh' | 'local' | undefined {
  if (LOCAL_PATH.test(repository)) return 'local';
  if (!repository.includes('://')) return SCP_LIKE.test(repository) ? 'ssh' : undefined;
  const url = URL.parse(repository);
  // ssh would read a host that starts with a hyphen as an option.
  if (url === null || url.hostname.startsWith('-')) return undefined;
  if (/^https?:$/.test(url.protocol)) return 'http';
  if (url.protocol === 'file:') return 'local';
  return url.protocol === 'ssh:' ? 'ssh' : undefined;
}

export const repositoryUrl = z
  .string()
  .max(MAX_URL_LENGTH, { error: tooLong(MAX_URL_LENGTH), abort: true })
  .refine(
    (repository) => repositoryTransport(repository) !== undefined,
    'expected an HTTP(S) or SSH URL, `git@host:path`, or the path of a local repository (`/…`, `./…`)',
  )
  .superRefine((repository, context) => {
    const url = repository.includes('://') ? URL.parse(repository) : null;
    // The user name of an SSH URL isn't secret. In an HTTP URL it is often a token.
    const credentials = url !== null && (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:'));
    if (credentials) {
      context.addIssue(
        'contains credentials: remove them from the URL and use `auth.username` and `auth.passwordFile`',
      );
    }
  });

export function isLocalPath(repository: string): boolean {
  return LOCAL_PATH.test(repository);
}

/** The URL by which clients find the repository, without credentials. Null for one on the machine of the registry. */
export function publicUrl(repository: string): string | null {
  if (repositoryTransport(repository) === 'local') return null;
  if (repository.includes('://')) return repository;
  const colon = repository.indexOf(':');
  return `ssh://${repository.slice(0, colon)}/${repository.slice(colon + 1).replace(/^\/+/, '')}`;
}

/** A repository on another host, as git reaches it. */
export type RemoteRepository =
  | { readonly transport: 'http'; readonly url: URL }
  | { readonly transport: 'ssh'; readonly repository: string; readonly host: string; readonly port: number };

const SSH_PORT = 22;
/** Neither an option to ssh, nor anything that ssh expands, nor a host name with a trailing dot. */
const SSH_HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/i;
/**
 * A security check, together with `SSH_HOST`: captures the host that git connects to. It matches less than `SCP_LIKE`, so that
 * git can't find another host in the text.
 */
const SCP_LIKE_HOST = /^(?:\w[\w.-]*@)?([a-z0-9.-]+):(?!\/\/)[^:\s]/i;

/**
 * The host that git would connect to, if there is only one way to read it: the checked host must be the one that git
 * and curl use. Null for a repository of this machine, and for a URL with more than one reading.
 */
export function remoteRepository(repository: string): RemoteRepository | null {
  const url = repository.includes('://') ? URL.parse(repository) : null;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') {
    // curl and its rule for pinned addresses disagree about the trailing dot.
    return url.hostname.endsWith('.') ? null : { transport: 'http', url };
  }
  if (url !== null && url.protocol !== 'ssh:') return null;
  const host = url === null ? SCP_LIKE_HOST.exec(repository)?.[1] : url.hostname;
  if (host === undefined || !SSH_HOST.test(host)) return null;
  return { transport: 'ssh', repository, host, port: Number(url?.port || SSH_PORT) };
}
