/** The access of git to a repository: its settings, its environment, and its credentials. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pickVariables } from '../../outbound/child-environment.ts';
import { readSecret, readSettingFile } from '../../config/secrets.ts';
import type { SecretReference } from '../../registry/source-definition.ts';
import type { GitOrigin } from './definition.ts';

export interface GitAccess {
  /** The argument for git. */
  readonly repository: string;
  /** `key=value` settings of git. */
  readonly configuration: readonly string[];
  /** All environment variables that git and ssh see. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Sources of the configuration file belong to the operator: they can use repositories on this machine, and git's own
 * configuration applies. Protocols that run a program (`ext::`) stay forbidden.
 */
const ALLOWED_PROTOCOLS = 'https:http:ssh:file';
const PASSED_ON = [
  'PATH', 'HOME', 'TMPDIR', 'XDG_CONFIG_HOME', 'SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO',
  'http_proxy', 'https_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY',
]; // prettier-ignore

/** The access for a source of the configuration file. */
export async function openAccess({ repository, auth }: GitOrigin, folder: string): Promise<GitAccess> {
  const credentials = auth !== undefined && 'username' in auth ? auth : undefined;
  const key = auth !== undefined && 'sshKeyFile' in auth ? auth : undefined;
  const options = key === undefined ? [] : await keyOptions(key, folder);
  return {
    repository,
    configuration: [],
    environment: {
      ...pickVariables(PASSED_ON),
      GIT_ALLOW_PROTOCOL: ALLOWED_PROTOCOLS,
      GIT_SSH_COMMAND: sshCommand(options),
      ...(credentials && (await passwordHeader(repository, credentials, readSecret))),
    },
  };
}

/** The password goes into an environment variable, because every process on the machine can read arguments. */
export async function passwordHeader(
  repository: string,
  { username, password }: { readonly username: string; readonly password: SecretReference },
  read: typeof readSecret,
): Promise<Record<string, string>> {
  const credentials = Buffer.from(`${username}:${await read(password, 'auth.passwordFile')}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    // The header is only for this host, even if it redirects to another one.
    GIT_CONFIG_KEY_0: `http.${new URL(repository).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${credentials}`,
  };
}

/** Makes ssh use this key and no other. */
export async function keyOptions(
  { sshKeyFile, knownHostsFile }: { readonly sshKeyFile: string; readonly knownHostsFile?: string },
  folder: string,
): Promise<string[]> {
  const options = ['IdentitiesOnly=yes', `IdentityFile=${await privateCopy(sshKeyFile, folder)}`];
  return knownHostsFile === undefined ? options : [...options, `UserKnownHostsFile="${knownHostsFile}"`];
}

/** The ssh command with the options that are always used, and with further ones. */
export function sshCommand(options: readonly string[]): string {
  const all = ['BatchMode=yes', 'StrictHostKeyChecking=yes', 'ConnectTimeout=15', ...options];
  return `ssh ${all.map((option) => `-o '${option.replaceAll("'", String.raw`'\''`)}'`).join(' ')}`;
}

/** ssh refuses a key that others can read, as mounted secrets often are, and one without a final newline. */
async function privateCopy(keyFile: string, folder: string): Promise<string> {
  const key = (await readSettingFile(keyFile, 'auth.sshKeyFile')).toString();
  const copy = join(folder, 'ssh-key');
  await writeFile(copy, `${key.trimEnd()}\n`, { mode: 0o600 });
  await chmod(copy, 0o600);
  return copy;
}
