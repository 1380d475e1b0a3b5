/**
 * What a source that was created through the API may say: whoever may create sources does not run the server, and gets
 * neither its files, its programs and its rights in a cluster nor the network that it stands in. Pure: it is asked when
 * a source is created or changed, and again before each fetch.
 */
import { isAbsolute, relative, sep } from 'node:path';
import type { OutboundSettings } from '../config/model.ts';
import type { ApiOrigin, FileOrigin, GitOrigin, SecretReference, SourceOrigin } from '../registry/source-definition.ts';
import { remoteRepository } from '../sources/git/remote-repository.ts';
import { OutboundRules } from './rules.ts';

export interface AdmissionFault {
  /** Where it stands, in the words of a written source, such as `['git', 'auth', 'passwordFile']`. */
  readonly path: readonly string[];
  /** To be read after the path: `has to begin with https://`. */
  readonly message: string;
}

/** Everything that forbids a source of this origin to be created through the API; none: it may be. */
export function admissionFaults(origin: SourceOrigin, settings: OutboundSettings): readonly AdmissionFault[] {
  switch (origin.kind) {
    case 'api':
      return apiFaults(origin, settings);
    case 'git':
      return gitFaults(origin, settings);
    case 'file':
      return fileFaults(origin, settings);
    case 'kubernetes':
      return [
        {
          path: ['configMap' in origin.content ? 'configMap' : 'kubernetes'],
          message: "reads a cluster with the server's own rights: only the configuration file may say so",
        },
      ];
    case 'managed':
      break;
  }
  return [];
}

function apiFaults({ endpoint, headers = {}, bearerToken }: ApiOrigin, settings: OutboundSettings): AdmissionFault[] {
  return [
    ...urlFaults(['api', 'endpoint'], endpoint, settings),
    ...Object.entries(headers).flatMap(([name, secret]) => secretFaults(['api', 'headers', name], secret, settings)),
    ...(bearerToken === undefined ? [] : secretFaults(['api', 'bearerTokenFile'], bearerToken, settings)),
  ];
}

function fileFaults({ location }: FileOrigin, settings: OutboundSettings): AdmissionFault[] {
  if ('url' in location) return urlFaults(['file', 'url'], location.url, settings);
  if ('data' in location) return [];
  return [{ path: ['file', 'path'], message: 'is a file of the server: use `url` or `data`' }];
}

function gitFaults({ repository, auth }: GitOrigin, settings: OutboundSettings): AdmissionFault[] {
  const remote = remoteRepository(repository);
  const path = ['git', 'repository'];
  if (remote === null) return [{ path, message: 'has to be an https:// or SSH URL, with a plain host name' }];
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

function urlFaults(path: readonly string[], written: string, settings: OutboundSettings): AdmissionFault[] {
  const url = URL.parse(written);
  const message = url === null ? 'is no URL' : new OutboundRules(settings).faultOf(url);
  return message === null ? [] : [{ path, message }];
}

/** Links are followed when the file is read: what counts then is where they lead. */
function secretFaults(
  path: readonly string[],
  secret: SecretReference,
  { secretsFolder }: OutboundSettings,
): AdmissionFault[] {
  if ('environment' in secret) return [{ path, message: "is a variable of the server's environment: name a file" }];
  if (secretsFolder === undefined) {
    return [
      { path, message: 'names a file of the server, and `outbound.secretsFolder` does not say where those may be' },
    ];
  }
  return isInside(secretsFolder, secret.file)
    ? []
    : [{ path, message: 'is not in the folder `outbound.secretsFolder`' }];
}

/** Whether an absolute path lies below a folder, by its name alone. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return isAbsolute(path) && way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
