/**
 * The host that git would connect to, if there is only one way to read it: the checked host must be the one that git and curl
 * use.
 */

export type RemoteRepository =
  | { readonly transport: 'http'; readonly url: URL }
  | { readonly transport: 'ssh'; readonly repository: string; readonly host: string; readonly port: number };

const SSH_PORT = 22;
/** Neither an option to ssh, nor anything that ssh expands, nor a host name with a trailing dot. */
const SSH_HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/i;
/** `git@example.com:group/project.git` */
const SCP_LIKE = /^(?:\w[\w.-]*@)?([a-z0-9.-]+):(?!\/\/)[^:\s]/i;

/** Null: a repository of this machine, or a URL with more than one reading. */
export function remoteRepository(repository: string): RemoteRepository | null {
  const url = repository.includes('://') ? URL.parse(repository) : null;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') {
    // curl and its rule for pinned addresses disagree about the trailing dot.
    return url.hostname.endsWith('.') ? null : { transport: 'http', url };
  }
  if (url !== null && url.protocol !== 'ssh:') return null;
  const host = url === null ? SCP_LIKE.exec(repository)?.[1] : url.hostname;
  if (host === undefined || !SSH_HOST.test(host)) return null;
  return { transport: 'ssh', repository, host, port: Number(url?.port || SSH_PORT) };
}
