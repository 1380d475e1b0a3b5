/** Runs the git command for a source: no prompts, no secrets in arguments or messages, limited resources. */
import { describeSecret } from '../../config/secrets.ts';
import type { OutboundGuard } from '../../outbound/guard.ts';
import { type FailureType, RollcallError } from '../../registry/failure.ts';
import type { GitOrigin } from './definition.ts';
import { withinBounds } from './bounded-folder.ts';
import { openAccess } from './access.ts';
import { guardedAccess } from './guarded-access.ts';
import { MINIMUM_SPEED } from '../../outbound/minimum-speed.ts';
import { OutputTooLarge, ProgramFailure, runProgram } from '../../outbound/program.ts';
import { displayUrl, withoutSecrets } from '../../outbound/redaction.ts';
import { DiskAllowanceExceeded } from '../disk-allowance.ts';

/** Enough for the list of all files in a repository that has half a million of them. */
const MAX_OUTPUT_MEBIBYTES = 64;
/** How much of git's output is searched for the cause of a failure, in characters. */
const MAX_COMPLAINT_LENGTH = 8 * 1024;
const CONFIGURATION = [
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
  // A link in a repository could point anywhere on this machine, so it is checked out as a file that contains its target.
  'core.symlinks=false',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  // The minimum speed of all downloads: git stops a slower transfer.
  `http.lowSpeedLimit=${MINIMUM_SPEED.bytesPerSecond}`,
  `http.lowSpeedTime=${MINIMUM_SPEED.windowMs / 1000}`,
];

export interface GitClient {
  /** The argument for git. */
  readonly repository: string;
  /** Runs a command in the folder and returns its output. Fails with a `RollcallError`. */
  run(...command: string[]): Promise<string>;
}

export interface GitOptions {
  /** The folder that git works in. The caller removes it. */
  readonly folder: string;
  /** The limits of the source; null if it has none. */
  readonly guard: OutboundGuard | null;
  readonly signal: AbortSignal;
  /** The limit for the size of the folder. */
  readonly maxBytes: number;
}

/** Opens a client for one source. */
export async function openGit(origin: GitOrigin, options: GitOptions): Promise<GitClient> {
  const { folder, guard, signal, maxBytes } = options;
  const access = await (guard === null ? openAccess(origin, folder) : guardedAccess(origin, { folder, guard }));
  const settings = [...CONFIGURATION, ...access.configuration].flatMap((setting) => ['-c', setting]);
  const environment = { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', ...access.environment };
  const git = async (...command: string[]): Promise<string> =>
    await withinBounds({ folder, maxBytes, signal }, (whileWithin) =>
      runProgram('git', [...settings, ...command], {
        folder,
        environment,
        signal: whileWithin,
        maxOutputBytes: MAX_OUTPUT_MEBIBYTES * 1024 * 1024,
      }),
    );
  if (guard !== null) assertKnowsPins(await git('version'));
  return {
    repository: access.repository,
    run: async (...command) => {
      try {
        return await git(...command);
      } catch (error) {
        throw understood(error, { origin, guard });
      }
    },
  };
}

/** Older versions of git ignore the addresses that they must connect to. */
function assertKnowsPins(version: string): void {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  if (major !== undefined && minor !== undefined && (major > 2 || (major === 2 && minor >= 37))) return;
  throw new RollcallError(
    'OutboundForbidden',
    `${version.trim()} can't be told which addresses to connect to: sources that were created through the API need 2.37`,
  );
}

/** Messages of git, with their meaning. The first match is used. */
const COMPLAINTS: readonly (readonly [RegExp, FailureType, string | ((origin: GitOrigin) => string)])[] = [
  [/remote host identification has changed/i, 'UpstreamDenied', changedHostKey],
  [/host key verification failed/i, 'UpstreamDenied', unknownHostKey],
  [/permission denied \(|authentication failed|could not read (username|password)|error: 40[13]/i, 'UpstreamDenied', rejected],
  [/transport '.*' not allowed/i, 'DefinitionInvalid', 'its protocol is not allowed'],
  [/repository .*not found|does not appear to be a git repository|repository .*does not exist|error: 404/i, 'UpstreamNotFound', 'there is no such repository'],
  [/error: 30\d|unable to update url base/i, 'UpstreamInvalid', 'it redirects: name the URL that it redirects to'],
  [/could not resolve host/i, 'UpstreamUnavailable', 'its host name is unknown'],
  [/connection refused/i, 'UpstreamUnavailable', 'connection refused'],
  [/timed out/i, 'UpstreamUnavailable', 'it did not answer in time'],
  [/no route to host|network is unreachable/i, 'UpstreamUnavailable', 'there is no route to its host'],
]; // prettier-ignore

function understood(error: unknown, { origin, guard }: { origin: GitOrigin } & Pick<GitOptions, 'guard'>): unknown {
  const what = `the repository ${displayUrl(origin.repository)} could not be read`;
  if (error instanceof DiskAllowanceExceeded) return new DiskAllowanceExceeded(error.type, `${what}: ${error.message}`);
  if (error instanceof RollcallError) return new RollcallError(error.type, `${what}: ${error.message}`);
  if (error instanceof OutputTooLarge) {
    return new RollcallError(
      'DefinitionInvalid',
      `${what}: git printed more than ${MAX_OUTPUT_MEBIBYTES} MiB: make \`path\` match fewer files, or use a smaller repository`,
    );
  }
  if (!(error instanceof ProgramFailure)) return error;
  const said = endOf(error.message);
  const [, type, meaning] = COMPLAINTS.find(([pattern]) => pattern.test(said)) ?? [
    null,
    'UpstreamUnavailable' as const,
    '',
  ];
  const because = typeof meaning === 'string' ? meaning : meaning(origin);
  // Servers' messages are for the operator: the creator of a source with limits could have chosen the server.
  const detail = [because, guard === null ? complaintIn(said) : ''].filter((part) => part !== '').join(': ');
  return new RollcallError(type, detail === '' ? what : `${what}: ${detail}`);
}

/** Describes the credentials that the server was sent, with the settings to change if it refuses them. */
function rejected({ auth }: GitOrigin): string {
  if (auth === undefined) return 'it rejected a request without credentials: set `auth`';
  if ('sshKeyFile' in auth)
    return `it rejected the SSH key in ${describeSecret({ file: auth.sshKeyFile }, 'auth.sshKeyFile')}`;
  return `it rejected the user ${auth.username} with the password in ${describeSecret(auth.password, 'auth.passwordFile')}`;
}

function unknownHostKey(origin: GitOrigin): string {
  return `its host key is not in ${knownHosts(origin)}: compare its fingerprint with the published one, then add the output of \`ssh-keyscan\``;
}

function changedHostKey(origin: GitOrigin): string {
  return `its host key differs from the one in ${knownHosts(origin)}: replace that one if its operator confirms a new key; otherwise another server answers in its place`;
}

function knownHosts({ auth }: GitOrigin): string {
  return auth !== undefined && 'sshKeyFile' in auth && auth.knownHostsFile !== undefined
    ? `${auth.knownHostsFile} (\`auth.knownHostsFile\`)`
    : "the known hosts of the process's user";
}

/**
 * The last lines of git's output. A server influences its length and its lines, and the patterns above take more than linear
 * time.
 */
function endOf(output: string): string {
  if (output.length <= MAX_COMPLAINT_LENGTH) return output;
  const end = output.slice(-MAX_COMPLAINT_LENGTH);
  // The rest of a truncated line may contain the rest of a URL, including secrets.
  return end.slice(end.indexOf('\n') + 1 || end.length);
}

function complaintIn(said: string): string {
  const lines = said.trim().split('\n');
  return withoutSecrets(lines.find((line) => /^(fatal|error|remote):/.test(line)) ?? lines.at(-1) ?? '');
}
