/** Checks the machine that Rollcall runs on: clock, disk, and programs. */
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import semver from 'semver';
import manifest from '../../../package.json' with { type: 'json' };
import type { Configuration } from '../../../config/model.ts';
import { softwareVersion } from '../../../telemetry/software-version.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

const MAX_CLOCK_DIFFERENCE_MS = 2_000;
const GIB = 1024 ** 3;
/** The maximum disk space that all fetches of a worker use together (docs/operations.md). */
const FETCH_BYTES = 5.6 * GIB;
const LOW_DATA_BYTES = 2 * GIB;

/** Compares a clock with this machine's. Tokens, schedules, and `updated_since` depend on agreeing clocks. */
export function clockFinding(
  whose: string,
  theirMs: number,
  { sentAt, answeredAt }: { readonly sentAt: number; readonly answeredAt: number },
): Finding {
  // The answer was created between sending the request and receiving the answer.
  const difference = theirMs < sentAt ? theirMs - sentAt : Math.max(0, theirMs - answeredAt);
  const seconds = Math.abs(difference / 1000).toFixed(1);
  if (Math.abs(difference) <= MAX_CLOCK_DIFFERENCE_MS) return ok(`The clock agrees with that of ${whose}`);
  const direction = difference > 0 ? 'behind' : 'ahead of';
  return warning(
    `The clock of this machine is ${seconds} s ${direction} that of ${whose}`,
    'synchronize both with NTP',
  );
}

/** Checks the data folder only if PostgreSQL or Temporal is embedded. */
export async function checkDisk({ database, temporal }: Configuration, dataDirectory: string): Promise<Finding[]> {
  const isEmbedded = database === undefined || temporal.address === undefined;
  const temporary = await spaceFinding(tmpdir(), FETCH_BYTES, {
    purpose: 'fetches of Git repositories and documents use up to 5.6 GiB',
    severity: warning,
    fix: 'free space, or set TMPDIR to a larger folder',
  });
  if (!isEmbedded) return [temporary];
  const data = await spaceFinding(resolve(dataDirectory), LOW_DATA_BYTES, {
    purpose: 'PostgreSQL stops when it is full',
    severity: problem,
    fix: 'free space, or move the data folder with --data-dir',
  });
  return [data, temporary];
}

async function spaceFinding(
  folder: string,
  wanted: number,
  { purpose, severity, fix }: { purpose: string; severity: typeof problem; fix: string },
): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const what = `${folder} has ${(free / GIB).toFixed(1)} GiB free`;
    return free >= wanted ? ok(what) : severity(`${what}; ${purpose}`, fix);
  } catch {
    return warning(`${folder} doesn't exist`, 'check --data-dir, or run `rollcall serve` once');
  }
}

export async function checkVersions({ sources }: Configuration): Promise<Finding[]> {
  const { version, commit } = softwareVersion();
  const needed = manifest.engines.node;
  const isOld = !semver.satisfies(process.versions.node, needed, { includePrerelease: true });
  const usesGit = sources.some(({ origin }) => origin.kind === 'git');
  return [
    ok(`Rollcall ${version} (commit ${commit})`),
    isOld
      ? problem(`Node.js ${process.versions.node} is older than ${needed.replace('>=', '')}`, 'upgrade Node.js')
      : ok(`Node.js ${process.versions.node}`),
    ...(usesGit ? [await gitFinding()] : []),
  ];
}

async function gitFinding(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['version']);
    return ok(stdout.trim());
  } catch {
    return problem('git is not on the PATH, but Git sources need it', 'install git, 2.37 or later');
  }
}
