/** The namespace of skills and plugins that a repository holds. */

/** Hosts whose users have a namespace by convention, as in the official MCP registry. */
const KNOWN_HOSTS: Readonly<Record<string, string>> = {
  'github.com': 'io.github',
  'gitlab.com': 'io.gitlab',
  'bitbucket.org': 'org.bitbucket',
};
/** `git@example.com:group/project.git` */
const SCP_LIKE = /^(?:\w[\w.-]*@)?([a-z0-9.-]+):(?!\/\/)(.+)$/i;

/** Reverse DNS with at least two labels, as in the entry schemas of ToolHive. */
export const NAMESPACE = /^(?=.{3,128}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;

/**
 * Derives a namespace from the host and the owner of a repository: `https://github.com/Acme/tools` is `io.github.acme`,
 * and `https://git.example.com/platform/tools` is `com.example.git.platform`. Null if the repository has no host name
 * or no owner, as with repositories of this machine.
 */
export function namespaceOfRepository(repository: string): string | null {
  const { host, path } = locate(repository) ?? { host: '', path: '' };
  const [owner, project] = path.split('/').filter((segment) => segment !== '');
  if (owner === undefined || project === undefined || !host.includes('.') || /^[\d.]+$|:/.test(host)) return null;
  const prefix = KNOWN_HOSTS[host] ?? host.split('.').toReversed().join('.');
  const label = owner
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const namespace = `${prefix}.${label}`;
  return NAMESPACE.test(namespace) ? namespace : null;
}

function locate(repository: string): { readonly host: string; readonly path: string } | null {
  const url = repository.includes('://') ? URL.parse(repository) : null;
  if (url !== null) return { host: url.hostname.toLowerCase(), path: url.pathname };
  const [, host, path] = SCP_LIKE.exec(repository) ?? [];
  return host === undefined || path === undefined ? null : { host: host.toLowerCase(), path };
}
