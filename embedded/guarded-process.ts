/**
 * A server process that never outlives this one, neither after Ctrl-C nor after `kill -9`.
 *
 * A small shell script stands between the two, in its own session: Ctrl-C in the terminal reaches only this process, which stops
 * servers in order. The script holds the read end of a pipe, and this process the write end. When this process ends for any
 * reason, the operating system closes the pipe, and the script stops the server gracefully.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { killGroup } from '../outbound/program.ts';
import { endingText } from './ending.ts';
import { endOrphan } from './orphan.ts';

export interface GuardedProcessOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  /** All environment variables that the server sees. */
  readonly environment: Readonly<Record<string, string>>;
  /** The signal that stops the server. */
  readonly stopSignal: 'INT' | 'TERM';
  /** Receives the server's output. Replaced when it has become large. */
  readonly logFile: string;
  /** Stores the server's process id, so that the next start can end the server if the script was killed too. */
  readonly pidFile: string;
  /** The user that runs the server; absent for this process's user. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly workingDirectory?: string;
}

export interface GuardedProcess {
  /** The server's own process id, not the script's. */
  readonly pid: number;
  /** Fulfilled when the server has ended, with a description of its end: see `endingText`. */
  readonly ended: Promise<string>;
  /** Asks the server to stop, and kills it after `graceMs`. Has no effect on a stopped server. */
  stop(graceMs?: number): Promise<void>;
}

/** Descriptor 3 is the pipe that closes with this process; 4 reports the server's process id. The server inherits neither. */
const GUARD_SCRIPT = `
signal=$1; shift
"$@" 3<&- 4>&- &
server=$!
echo "$server" >&4; exec 4>&-
(read -r _ <&3; kill -"$signal" "$server") &
waiting=$!
wait "$server"
status=$?
kill "$waiting" 2>/dev/null
exit "$status"
`;

const DEFAULT_GRACE_MS = 5_000;
const LARGE_LOG_BYTES = 10_000_000;

/** Starts a guarded server, after ending one that an earlier start left behind. */
export async function startGuarded(options: GuardedProcessOptions): Promise<GuardedProcess> {
  await endOrphan(options.pidFile, options.stopSignal);
  await setLargeLogAside(options.logFile);
  const guard = await spawnGuard(options);
  const ended = once(guard, 'close').then(([status, signal]) =>
    endingText(status as number | null, signal as NodeJS.Signals | null),
  );
  const pid = await readPid(guard);
  await writeFile(
    options.pidFile,
    JSON.stringify({ pid, commandLine: [options.command, ...options.arguments].join(' ') }),
  );
  return { pid, ended, stop: (graceMs = DEFAULT_GRACE_MS) => stopGuard(guard, ended, graceMs) };
}

async function spawnGuard(options: GuardedProcessOptions): Promise<ChildProcess> {
  const { stopSignal, command } = options;
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const guard = spawn('/bin/sh', ['-c', GUARD_SCRIPT, 'rollcall-guard', stopSignal, command, ...options.arguments], {
      stdio: ['ignore', log.fd, log.fd, 'pipe', 'pipe'],
      detached: true,
      env: options.environment,
      ...options.user,
      ...(options.workingDirectory === undefined ? {} : { cwd: options.workingDirectory }),
    });
    await once(guard, 'spawn');
    return guard;
  } finally {
    await log.close();
  }
}

async function readPid(guard: ChildProcess): Promise<number> {
  let text = '';
  for await (const chunk of guard.stdio[4] as Readable) text += String(chunk);
  return Number(text);
}

async function stopGuard(guard: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
  (guard.stdio[3] as Writable).destroy();
  const kill = setTimeout(() => killGroup(guard.pid), graceMs);
  await ended;
  clearTimeout(kill);
}

const START_DEADLINE_MS = 60_000;
const POLL_MS = 20;

/** Waits until the server is ready. Returns the failure, or undefined once it is ready. */
export async function waitUntilReady(
  server: GuardedProcess,
  isReady: () => Promise<boolean>,
): Promise<string | undefined> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let endedEarly = false;
  void server.ended.then(() => (endedEarly = true));
  while (Date.now() < deadline) {
    if (endedEarly) return 'exited during startup';
    if (await isReady()) return undefined;
    await delay(POLL_MS);
  }
  return `was not ready within ${START_DEADLINE_MS / 1000} s`;
}

/** The last lines of a server's log, for the error message if it doesn't start. */
export async function lastLogLines(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-8).join('\n');
}

async function setLargeLogAside(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (file) => file.size,
    () => 0,
  );
  if (size > LARGE_LOG_BYTES) await rename(logFile, `${logFile}.old`);
}
