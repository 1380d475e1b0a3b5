/**
 * What a source that was created through the API may say: whoever may create sources does not run the server, and gets
 * neither its files, its programs and its rights in a cluster nor the network that it stands in. Pure: it is asked when
 * a source is created or changed, and again before each fetch.
 */
import { isAbsolute, relative, sep } from 'node:path';
import type { OutboundSettings } from '../config/model.ts';
import type { SecretReference } from '../registry/source-definition.ts';
import { OutboundRules } from './rules.ts';

export interface AdmissionFault {
  /** Where it stands, in the words of a written source, such as `['git', 'auth', 'passwordFile']`. */
  readonly path: readonly string[];
  /** To be read after the path: `has to begin with https://`. */
  readonly message: string;
}

export function urlFaults(path: readonly string[], written: string, settings: OutboundSettings): AdmissionFault[] {
  const url = URL.parse(written);
  const message = url === null ? 'is no URL' : new OutboundRules(settings).faultOf(url);
  return message === null ? [] : [{ path, message }];
}

/** Links are followed when the file is read: what counts then is where they lead. */
export function secretFaults(
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
