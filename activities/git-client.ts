/** Git on the command line, as a source may use it: no prompts, no secrets in arguments or messages, bounded in time. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitPluginError, type SimpleGit, simpleGit } from 'simple-git';
import { readSecret } from '../config/secrets.ts';
import { RollcallError } from '../registry/failure.ts';
import type { GitOrigin } from '../registry/source-definition.ts';
import { withoutSecrets } from './failures.ts';

/**
 * Sources of the configuration file are the operator's own: repositories on this machine are among them. Everything
 * that runs a program (`ext::`) stays forbidden.
 */
const ALLOWED_PROTOCOLS = 'https:http:ssh:file';
/** Without any output for this long, a command is given up. */
const SILENCE_TIMEOUT_MS = 2 * 60_000;
/** What git and ssh may see of this process's environment. */
const PASSED_ON = [
  'PATH', 'HOME', 'TMPDIR', 'XDG_CONFIG_HOME', 'SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO',
  'http_proxy', 'https_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY',
]; // prettier-ignore
/** Variables that simple-git keeps from git unless they are named. */
const OWN_VARIABLES = [
  'GIT_ALLOW_PROTOCOL', 'GIT_TERMINAL_PROMPT', 'GIT_SSH_COMMAND', 'GIT_SSL_CAINFO', 'GIT_CONFIG_COUNT',
  'GIT_CONFIG_KEY_0', 'GIT_CONFIG_VALUE_0',
]; // prettier-ignore
const CONFIGURATION = [
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
  // A link in a repository could lead anywhere on this machine: it is checked out as a file that holds its target.
  'core.symlinks=false',
  // A transfer below one byte a second for a minute is dead.
  'http.lowSpeedLimit=1',
  'http.lowSpeedTime=60',
];

export interface GitClient {
  /** Runs a command in the folder and answers with what it prints. Fails with a `RollcallError`. */
  run(...command: string[]): Promise<string>;
}

/** Git for one source, working in a folder that is the caller's to remove. */
export async function openGit(
  origin: GitOrigin,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<GitClient> {
  const git: SimpleGit = simpleGit({
    baseDir: folder,
    abort: signal,
    config: CONFIGURATION,
    timeout: { block: SILENCE_TIMEOUT_MS },
    allowEnvironment: OWN_VARIABLES,
    unsafe: { allowUnsafeSshCommand: true, allowUnsafeConfigEnvCount: true },
  }).env(await environment(origin, folder));
  return {
    run: async (...command) => {
      try {
        return await git.raw(command);
      } catch (error) {
        throw gitFailure(origin.repository, error);
      }
    },
  };
}

async function environment(origin: GitOrigin, folder: string): Promise<Record<string, string>> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passedOn),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: ALLOWED_PROTOCOLS,
    GIT_SSH_COMMAND: await sshCommand(origin.auth, folder),
    ...(await passwordHeader(origin)),
  };
}

/** The password goes in an environment variable: arguments can be read by every process of the machine. */
async function passwordHeader({ repository, auth }: GitOrigin): Promise<Record<string, string>> {
  if (auth === undefined || !('username' in auth)) return {};
  const credentials = Buffer.from(`${auth.username}:${await readSecret(auth.password)}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    // Only for this host, whatever it redirects to.
    GIT_CONFIG_KEY_0: `http.${new URL(repository).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${credentials}`,
  };
}

async function sshCommand(auth: GitOrigin['auth'], folder: string): Promise<string> {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', 'ConnectTimeout=15'];
  if (auth === undefined || !('sshKeyFile' in auth)) return ssh(options);
  options.push('IdentitiesOnly=yes', `IdentityFile=${await privateCopy(auth.sshKeyFile, folder)}`);
  if (auth.knownHostsFile !== undefined) options.push(`UserKnownHostsFile="${auth.knownHostsFile}"`);
  return ssh(options);
}

function ssh(options: readonly string[]): string {
  return `ssh ${options.map((option) => `-o '${option.replaceAll("'", String.raw`'\''`)}'`).join(' ')}`;
}

/** ssh refuses a key that others may read, as mounted secrets often are, and one without a line end. */
async function privateCopy(keyFile: string, folder: string): Promise<string> {
  const key = await readFile(keyFile, 'utf8').catch((cause: unknown) => {
    throw new RollcallError('SecretUnavailable', `the SSH key file ${keyFile} could not be read`, { cause });
  });
  const copy = join(folder, 'ssh-key');
  await writeFile(copy, `${key.trimEnd()}\n`, { mode: 0o600 });
  await chmod(copy, 0o600);
  return copy;
}

/** What git says, and what it means. The first that matches counts. */
const COMPLAINTS: readonly (readonly [RegExp, ConstructorParameters<typeof RollcallError>[0], string])[] = [
  [/host key verification failed/i, 'UpstreamDenied', 'its host key is not in the known hosts: check knownHostsFile'],
  [/permission denied \(|authentication failed|could not read (username|password)|error: 40[13]/i, 'UpstreamDenied', 'it refuses the credentials, or wants some'],
  [/transport '.*' not allowed/i, 'DefinitionInvalid', 'its protocol is not allowed'],
  [/repository .*not found|does not appear to be a git repository|repository .*does not exist|error: 404/i, 'UpstreamNotFound', 'there is no such repository'],
  [/could not resolve host/i, 'UpstreamUnavailable', 'its host name is not known'],
]; // prettier-ignore

function gitFailure(repository: string, error: unknown): Error {
  const silent = error instanceof GitPluginError && error.plugin === 'timeout';
  const said = silent ? 'it said nothing for two minutes' : error instanceof Error ? error.message : String(error);
  const [, type, meaning] = COMPLAINTS.find(([pattern]) => pattern.test(said)) ?? [
    null,
    'UpstreamUnavailable' as const,
    '',
  ];
  const complaint =
    said.split('\n').find((line) => /^(fatal|error|remote):/.test(line)) ?? said.trim().split('\n').at(-1) ?? '';
  const detail = [meaning, withoutSecrets(complaint)].filter((part) => part !== '').join(': ');
  return new RollcallError(type, `the repository ${withoutSecrets(repository)} could not be read: ${detail}`);
}
