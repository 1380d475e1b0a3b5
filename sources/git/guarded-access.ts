/**
 * The access of git to a repository for a source that was created through the API: only at addresses that were checked,
 * and without this machine's configuration and credentials.
 */
import { pickVariables } from '../../outbound/child-environment.ts';
import type { OutboundGuard } from '../../outbound/guard.ts';
import { type RemoteRepository, remoteRepository } from './repository-url.ts';
import { RollcallError } from '../../registry/failure.ts';
import { withoutBrackets } from '../../registry/loopback.ts';
import type { GitOrigin } from './definition.ts';
import { type GitAccess, keyOptions, passwordHeader, sshCommand } from './access.ts';

type HttpRepository = Extract<RemoteRepository, { transport: 'http' }>;
type SshRepository = Extract<RemoteRepository, { transport: 'ssh' }>;
interface Surroundings {
  readonly folder: string;
  readonly guard: OutboundGuard;
}

/**
 * Variables with the places of programs and trusted certificates. Proxies are left out, because they would resolve
 * names themselves.
 */
const PASSED_ON = ['PATH', 'TMPDIR', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO'];
/** Credential helpers, filters, rewritten URLs, `.netrc`: this machine's configuration isn't meant for such sources. */
const NOTHING_OF_THIS_MACHINE = {
  HOME: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
};

/** @throws RollcallError `OutboundForbidden` for a forbidden repository, `UpstreamUnavailable` if its host has no address */
export async function guardedAccess(origin: GitOrigin, surroundings: Surroundings): Promise<GitAccess> {
  const remote = remoteRepository(origin.repository);
  if (remote === null) throw new RollcallError('OutboundForbidden', 'the repository must be on another host');
  const access = await (remote.transport === 'http'
    ? httpAccess(remote, origin.auth, surroundings)
    : sshAccess(remote, origin.auth, surroundings));
  return { ...access, environment: { ...pickVariables(PASSED_ON), ...NOTHING_OF_THIS_MACHINE, ...access.environment } };
}

async function httpAccess(
  { url }: HttpRepository,
  auth: GitOrigin['auth'],
  { guard }: Surroundings,
): Promise<GitAccess> {
  guard.assertMayReach(url);
  const addresses = await guard.addressesOf(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const pinned = addresses.map((address) => (address.includes(':') ? `[${address}]` : address)).join(',');
  return {
    repository: url.href,
    configuration: [
      // Redirects and a server's alternates would lead to hosts that were not checked.
      'http.followRedirects=false',
      'http.proxy=',
      // An address in the URL isn't looked up, and the setting doesn't allow it.
      ...(addresses[0] === withoutBrackets(url.hostname)
        ? []
        : [`http.curloptResolve=${url.hostname}:${port}:${pinned}`]),
    ],
    environment: {
      GIT_ALLOW_PROTOCOL: url.protocol === 'http:' ? 'https:ssh:http' : 'https:ssh',
      ...(auth !== undefined &&
        'username' in auth &&
        (await passwordHeader(url.href, auth, (secret, setting) => guard.readSecret(secret, setting)))),
    },
  };
}

async function sshAccess(
  { repository, host, port }: SshRepository,
  auth: GitOrigin['auth'],
  { folder, guard }: Surroundings,
): Promise<GitAccess> {
  const [address] = await guard.addressesOf(host);
  const name = withoutBrackets(host.toLowerCase());
  const options = [
    `HostName=${address}`,
    // Host keys are stored under the name of the host.
    `HostKeyAlias=${port === 22 ? name : `[${name}]:${port}`}`,
    'IdentityAgent=none',
  ];
  if (auth !== undefined && 'sshKeyFile' in auth) {
    const { sshKeyFile, knownHostsFile } = auth;
    const key = {
      sshKeyFile: await guard.locateSecret(sshKeyFile, 'auth.sshKeyFile'),
      ...(knownHostsFile !== undefined && {
        knownHostsFile: await guard.locateSecret(knownHostsFile, 'auth.knownHostsFile'),
      }),
    };
    options.push(...(await keyOptions(key, folder)));
  }
  return {
    repository,
    configuration: [],
    environment: {
      GIT_ALLOW_PROTOCOL: 'https:ssh',
      // Ignores the ssh configuration of this user and of the system.
      GIT_SSH_COMMAND: sshCommand(options).replace(/^ssh/, 'ssh -F /dev/null'),
    },
  };
}
