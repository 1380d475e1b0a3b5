/**
 * How git reaches a repository for a source that was created through the API: at addresses that have been judged, with
 * nothing of this machine's configuration and none of its credentials.
 */
import { pickVariables } from '../../config/environment-variables.ts';
import type { OutboundGuard } from '../../outbound/guard.ts';
import { type RemoteRepository, remoteRepository } from './remote-repository.ts';
import { RollcallError } from '../../registry/failure.ts';
import { withoutBrackets } from '../../registry/host-in-url.ts';
import type { GitOrigin } from './definition.ts';
import { type GitAccess, keyOptions, passwordHeader, sshCommand } from './access.ts';

type HttpRepository = Extract<RemoteRepository, { transport: 'http' }>;
type SshRepository = Extract<RemoteRepository, { transport: 'ssh' }>;
interface Surroundings {
  readonly folder: string;
  readonly guard: OutboundGuard;
}

/** Which programs there are, and whom to trust. No proxy: it would look names up by itself. */
const PASSED_ON = ['PATH', 'TMPDIR', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO'];
/** Credential helpers, filters, rewritten URLs, `.netrc`: whatever is configured here was not meant for this source. */
const NOTHING_OF_THIS_MACHINE = {
  HOME: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
};

/** @throws RollcallError `OutboundForbidden` for what is not to be reached, `UpstreamUnavailable` without its address */
export async function guardedAccess(origin: GitOrigin, surroundings: Surroundings): Promise<GitAccess> {
  const remote = remoteRepository(origin.repository);
  if (remote === null) throw new RollcallError('OutboundForbidden', 'the repository is on no other host');
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
      // A redirect, and what a server names as its alternates, would lead to hosts that nobody has judged.
      'http.followRedirects=false',
      'http.proxy=',
      // An address in the URL is not looked up, and has no place here.
      ...(addresses[0] === withoutBrackets(url.hostname)
        ? []
        : [`http.curloptResolve=${url.hostname}:${port}:${pinned}`]),
    ],
    environment: {
      GIT_ALLOW_PROTOCOL: url.protocol === 'http:' ? 'https:ssh:http' : 'https:ssh',
      ...(auth !== undefined &&
        'username' in auth &&
        (await passwordHeader(url.href, auth, (secret) => guard.readSecret(secret)))),
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
    // Host keys are known by the name of the host.
    `HostKeyAlias=${port === 22 ? name : `[${name}]:${port}`}`,
    'IdentityAgent=none',
  ];
  if (auth !== undefined && 'sshKeyFile' in auth) {
    const { sshKeyFile, knownHostsFile } = auth;
    const key = {
      sshKeyFile: await guard.locateSecret(sshKeyFile),
      ...(knownHostsFile !== undefined && { knownHostsFile: await guard.locateSecret(knownHostsFile) }),
    };
    options.push(...(await keyOptions(key, folder)));
  }
  return {
    repository,
    configuration: [],
    environment: {
      GIT_ALLOW_PROTOCOL: 'https:ssh',
      // Without this user's configuration of ssh, and the system's.
      GIT_SSH_COMMAND: sshCommand(options).replace(/^ssh/, 'ssh -F /dev/null'),
    },
  };
}
