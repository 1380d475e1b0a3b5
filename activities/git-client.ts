/** Git on the command line, as a source may use it: no prompts, no secrets in arguments or messages, bounded in time. */
import { GitPluginError, type SimpleGit, simpleGit } from 'simple-git';
import type { OutboundGuard } from '../outbound/guard.ts';
import { type FailureType, RollcallError } from '../registry/failure.ts';
import type { GitOrigin } from '../registry/source-definition.ts';
import { withoutSecrets } from './failures.ts';
import { type GitAccess, openAccess } from './git-access.ts';
import { guardedAccess } from './guarded-git-access.ts';

/** Without any output for this long, a command is given up. */
const SILENCE_TIMEOUT_MS = 2 * 60_000;
/** Variables that simple-git keeps from git unless they are named. */
const OWN_VARIABLES = [
  'GIT_ALLOW_PROTOCOL', 'GIT_TERMINAL_PROMPT', 'GIT_SSH_COMMAND', 'GIT_SSL_CAINFO', 'GIT_CONFIG_COUNT',
  'GIT_CONFIG_KEY_0', 'GIT_CONFIG_VALUE_0', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM', 'GIT_ATTR_NOSYSTEM',
]; // prettier-ignore
const CONFIGURATION = [
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
  // A link in a repository could lead anywhere on this machine: it is checked out as a file that holds its target.
  'core.symlinks=false',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  // A transfer below one byte a second for a minute is dead.
  'http.lowSpeedLimit=1',
  'http.lowSpeedTime=60',
];

export interface GitClient {
  /** As git is to be given it. */
  readonly repository: string;
  /** Runs a command in the folder and answers with what it prints. Fails with a `RollcallError`. */
  run(...command: string[]): Promise<string>;
}

export interface GitOptions {
  /** Where git works; the caller's to remove. */
  readonly folder: string;
  /** Null: nothing is forbidden. */
  readonly guard: OutboundGuard | null;
  readonly signal: AbortSignal;
}

/** Git for one source. */
export async function openGit(origin: GitOrigin, { folder, guard, signal }: GitOptions): Promise<GitClient> {
  const access = await (guard === null ? openAccess(origin, folder) : guardedAccess(origin, { folder, guard }));
  const git = simpleGitWith(access, { folder, signal });
  if (guard !== null) await assertKnowsPins(git);
  return {
    repository: access.repository,
    run: async (...command) => {
      try {
        return await git.raw(command);
      } catch (error) {
        const { type, meaning, complaint } = understand(error);
        // What a server says is for the operator: whoever made a source that has limits could have it say anything.
        const detail = [meaning, guard === null ? complaint : ''].filter((part) => part !== '').join(': ');
        const what = `the repository ${withoutSecrets(origin.repository)} could not be read`;
        throw new RollcallError(type, detail === '' ? what : `${what}: ${detail}`);
      }
    },
  };
}

function simpleGitWith(
  { configuration, environment }: GitAccess,
  { folder, signal }: Pick<GitOptions, 'folder' | 'signal'>,
): SimpleGit {
  return simpleGit({
    baseDir: folder,
    abort: signal,
    config: [...CONFIGURATION, ...configuration],
    timeout: { block: SILENCE_TIMEOUT_MS },
    allowEnvironment: OWN_VARIABLES,
    unsafe: { allowUnsafeSshCommand: true, allowUnsafeConfigEnvCount: true, allowUnsafeConfigPaths: true },
  }).env({ LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', ...environment });
}

/** An older git passes over the addresses that it is told to connect to. */
async function assertKnowsPins(git: SimpleGit): Promise<void> {
  const { major, minor } = await git.version();
  if (major > 2 || (major === 2 && minor >= 37)) return;
  throw new RollcallError(
    'OutboundForbidden',
    `git ${major}.${minor} can't be told which addresses to connect to: sources that were created through the API need 2.37`,
  );
}

/** What git says, and what it means. The first that matches counts. */
const COMPLAINTS: readonly (readonly [RegExp, FailureType, string])[] = [
  [/host key verification failed/i, 'UpstreamDenied', 'its host key is not in the known hosts: check knownHostsFile'],
  [/permission denied \(|authentication failed|could not read (username|password)|error: 40[13]/i, 'UpstreamDenied', 'it refuses the credentials, or wants some'],
  [/transport '.*' not allowed/i, 'DefinitionInvalid', 'its protocol is not allowed'],
  [/repository .*not found|does not appear to be a git repository|repository .*does not exist|error: 404/i, 'UpstreamNotFound', 'there is no such repository'],
  [/error: 30\d|unable to update url base/i, 'UpstreamInvalid', 'it redirects: name the URL that it redirects to'],
  [/could not resolve host/i, 'UpstreamUnavailable', 'its host name is not known'],
]; // prettier-ignore

function understand(error: unknown): { type: FailureType; meaning: string; complaint: string } {
  const silent = error instanceof GitPluginError && error.plugin === 'timeout';
  const said = silent ? 'it said nothing for two minutes' : error instanceof Error ? error.message : String(error);
  const [, type, meaning] = COMPLAINTS.find(([pattern]) => pattern.test(said)) ?? [
    null,
    'UpstreamUnavailable' as const,
    '',
  ];
  const complaint =
    said.split('\n').find((line) => /^(fatal|error|remote):/.test(line)) ?? said.trim().split('\n').at(-1) ?? '';
  return { type, meaning, complaint: withoutSecrets(complaint) };
}
