/** Sources of the kind `git`: one registry document, or many, in a repository. */
import type { OutboundSettings } from '../../config/model.ts';
import { type AdmissionFault, secretFaults } from '../../outbound/admission.ts';
import { OutboundRules } from '../../outbound/rules.ts';
import { displayUrl } from '../../outbound/redaction.ts';
import type { SourceKind } from '../source-kind.ts';
import { type GitOrigin, originOf, schema, type Written, written } from './definition.ts';
import { remoteRepository } from './repository-url.ts';

export const git: SourceKind<GitOrigin, Written> = {
  key: 'git',
  name: 'git',
  schema,
  needsInterval: () => true,
  originOf,
  written,
  label: ({ repository, commit, tag, branch }) =>
    `git ${displayUrl(repository)} (${commit ?? tag ?? branch ?? 'default branch'})`,
  upstream: ({ repository }) => {
    const remote = remoteRepository(repository);
    return remote?.transport === 'ssh' ? URL.parse(`ssh://${remote.host}:${remote.port}`) : (remote?.url ?? null);
  },
  admissionFaults: gitFaults,
  loadReader: async () => (await import('./fetch.ts')).reader,
};

function gitFaults({ repository, auth }: GitOrigin, settings: OutboundSettings): AdmissionFault[] {
  const remote = remoteRepository(repository);
  const path = ['git', 'repository'];
  if (remote === null) return [{ path, message: 'must be an https:// or SSH URL, with a plain host name' }];
  const rules = new OutboundRules(settings);
  const fault = remote.transport === 'ssh' ? rules.faultOfHost(remote.host) : rules.faultOf(remote.url);
  return [
    ...(fault === null ? [] : [{ path, message: fault }]),
    ...gitAuthFaults(auth, { transport: remote.transport, settings }),
  ];
}

function gitAuthFaults(
  auth: GitOrigin['auth'],
  { transport, settings }: { transport: 'http' | 'ssh'; settings: OutboundSettings },
): AdmissionFault[] {
  const path = (key: string): string[] => ['git', 'auth', key];
  if (auth === undefined) {
    const message = "is missing: the server's own keys are not used";
    return transport === 'ssh' ? [{ path: path('sshKeyFile'), message }] : [];
  }
  if ('username' in auth) return secretFaults(path('passwordFile'), auth.password, settings);
  const { sshKeyFile, knownHostsFile } = auth;
  return [
    ...secretFaults(path('sshKeyFile'), { file: sshKeyFile }, settings),
    ...(knownHostsFile === undefined ? [] : secretFaults(path('knownHostsFile'), { file: knownHostsFile }, settings)),
  ];
}
