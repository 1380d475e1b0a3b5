/** Secrets come from a file or an environment variable and are read on each use, so rotation needs no restart. */

import { readFile } from 'node:fs/promises';

import { RollcallError } from '../registry/failure.ts';
import type { SecretReference } from '../registry/source-definition.ts';

/**
 * Reads a secret and trims white space.
 *
 * @param setting where the configuration refers to the secret, such as `auth.passwordFile`
 * @throws RollcallError `SecretUnavailable` that names the setting and the file or variable, never its content
 */
export async function readSecret(reference: SecretReference, setting: string): Promise<string> {
  const content =
    'file' in reference ? await readSettingFile(reference.file, setting) : process.env[reference.environment];
  const secret = content?.toString().trim();
  if (secret !== undefined && secret !== '') return secret;
  const reason = secret === undefined ? 'is not set' : 'is empty';
  throw new RollcallError('SecretUnavailable', `${describeSecret(reference, setting)} ${reason}`);
}

/** Where a secret comes from: ``the file /run/secrets/token (`auth.passwordFile`)``. */
export function describeSecret(reference: SecretReference, setting: string): string {
  const place =
    'file' in reference ? `the file ${reference.file}` : `the environment variable ${reference.environment}`;
  return `${place} (\`${setting}\`)`;
}

/**
 * Reads a file that a setting names, such as a certificate or a key.
 *
 * @throws RollcallError `SecretUnavailable` that names the setting and the file
 */
export async function readSettingFile(path: string, setting: string): Promise<Buffer> {
  return await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const reason = SYSTEM_ERRORS[cause.code ?? ''] ?? `can't be read: ${cause.message}`;
    throw new RollcallError('SecretUnavailable', `${describeSecret({ file: path }, setting)} ${reason}`, { cause });
  });
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: "can't be read by this process: check its permissions",
  EISDIR: 'is a folder',
};
