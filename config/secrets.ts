/** Secrets come from a file or an environment variable and are read on each use, so rotation needs no restart. */

import { readFile } from 'node:fs/promises';

import { RollcallError } from '../registry/failure.ts';
import type { SecretReference } from '../registry/source-definition.ts';

/**
 * Reads a secret and trims white space.
 *
 * @throws RollcallError `SecretUnavailable` that names the file or variable, never its content
 */
export async function readSecret(reference: SecretReference): Promise<string> {
  const place = describeSecret(reference);
  const content =
    'file' in reference ? await readSecretFile(reference.file) : (process.env[reference.environment] ?? null);
  if (content === null) throw new RollcallError('SecretUnavailable', `${place} for a secret is not set`);
  const secret = content.trim();
  if (secret === '') throw new RollcallError('SecretUnavailable', `${place} for a secret is empty`);
  return secret;
}

/** Where a secret comes from: `the file /run/secrets/token`. */
export function describeSecret(reference: SecretReference): string {
  return 'file' in reference ? `the file ${reference.file}` : `the environment variable ${reference.environment}`;
}

async function readSecretFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = SYSTEM_ERRORS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
    throw new RollcallError('SecretUnavailable', `the secret file ${path} ${reason}`, { cause: error });
  }
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: "can't be read by this process: check its permissions",
  EISDIR: 'is a folder',
};
