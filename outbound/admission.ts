/**
 * Rules for sources that are created through the API. Their creators don't run the server, so these sources can't use
 * the server's files, programs, and rights in a cluster, or its internal network. Pure: called when a source is created
 * or changed, and again before each fetch.
 */
import { isAbsolute, relative, sep } from 'node:path';
import type { OutboundSettings } from '../config/model.ts';
import type { SecretReference } from '../registry/source-definition.ts';
import { OutboundRules } from './rules.ts';

export interface AdmissionFault {
  /** The member of a source as written, such as `['git', 'auth', 'passwordFile']`. */
  readonly path: readonly string[];
  /** Completes a sentence that starts with the path: `must start with https://`. */
  readonly message: string;
}

export function urlFaults(path: readonly string[], written: string, settings: OutboundSettings): AdmissionFault[] {
  const url = URL.parse(written);
  const message = url === null ? 'is not a URL' : new OutboundRules(settings).faultOf(url);
  return message === null ? [] : [{ path, message }];
}

/** Links are resolved when the file is read: then their target must be in the folder, too. */
export function secretFaults(
  path: readonly string[],
  secret: SecretReference,
  { secretsFolder }: OutboundSettings,
): AdmissionFault[] {
  if ('environment' in secret)
    return [{ path, message: "is a variable of the server's environment: name a file instead" }];
  if (secretsFolder === undefined) {
    return [
      {
        path,
        message: 'names a file of the server, and `outbound.secretsFolder` does not say where such files can be',
      },
    ];
  }
  return isInside(secretsFolder, secret.file)
    ? []
    : [{ path, message: 'is not in the folder `outbound.secretsFolder`' }];
}

/** Whether an absolute path is below a folder, judging by its name alone. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return isAbsolute(path) && way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
