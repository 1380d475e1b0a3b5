/** The host that git would speak to, read in one way only: what is judged has to be what git and curl make of it. */

export type RemoteRepository =
  | { readonly transport: 'http'; readonly url: URL }
  | { readonly transport: 'ssh'; readonly repository: string; readonly host: string; readonly port: number };

const SSH_PORT = 22;
/** Neither an option to ssh, nor anything that it expands, nor the name of a host with the dot of the root. */
const SSH_HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/i;
/** `git@example.com:group/project.git` */
const SCP_LIKE = /^(?:\w[\w.-]*@)?([a-z0-9.-]+):(?!\/\/)[^:\s]/i;

/** Null: a repository of this machine, or written in a way that could be read in more than one. */
export function remoteRepository(repository: string): RemoteRepository | null {
  const url = repository.includes('://') ? URL.parse(repository) : null;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') {
    // curl and the rule that pins its addresses disagree on the dot of the root.
    return url.hostname.endsWith('.') ? null : { transport: 'http', url };
  }
  if (url !== null && url.protocol !== 'ssh:') return null;
  const host = url === null ? SCP_LIKE.exec(repository)?.[1] : url.hostname;
  if (host === undefined || !SSH_HOST.test(host)) return null;
  return { transport: 'ssh', repository, host, port: Number(url?.port || SSH_PORT) };
}
