/** Secrets are named by a file or an environment variable, and read each time they are needed: rotation needs no restart. */

import { readFile } from 'node:fs/promises';

import { RollcallError } from '../registry/failure.ts';
import type { SecretReference } from '../registry/source-definition.ts';

/**
 * Read a secret, without white space around it.
 *
 * @throws RollcallError `SecretUnavailable`, naming the file or the variable, never its content.
 */
export async function readSecret(
  reference: SecretReference,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const place =
    'file' in reference ? `the file ${reference.file}` : `the environment variable ${reference.environment}`;
  const content =
    'file' in reference ? await readSecretFile(reference.file) : (environment[reference.environment] ?? null);
  if (content === null) throw new RollcallError('SecretUnavailable', `${place}, which holds a secret, is not set`);
  const secret = content.trim();
  if (secret === '') throw new RollcallError('SecretUnavailable', `${place}, which holds a secret, is empty`);
  return secret;
}

async function readSecretFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = SYSTEM_ERRORS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
    throw new RollcallError('SecretUnavailable', `the file ${path}, which holds a secret, ${reason}`, { cause: error });
  }
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this process',
  EISDIR: 'is a folder',
};
