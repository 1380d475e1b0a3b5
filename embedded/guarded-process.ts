/**
 * A server process that never outlives this one: not after Ctrl-C, and not after `kill -9` either.
 *
 * Between the two stands a shell of a few lines, in a session of its own (a Ctrl-C in the terminal reaches only us,
 * and we stop things in order). It holds the read end of a pipe whose write end is ours; when we end, however that
 * happens, the operating system closes the pipe and the shell stops the server in the regular way.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';

export interface GuardedProcessOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  /** What asks the server to stop. */
  readonly stopSignal: 'INT' | 'TERM';
  /** Receives what the server prints; begun anew when it has become large. */
  readonly logFile: string;
  /** The user that runs it; absent: ours. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly workingDirectory?: string;
}

export interface GuardedProcess {
  readonly name: string;
  /** Fulfilled when the server has ended, with its exit status; null when the guard itself was killed. */
  readonly ended: Promise<number | null>;
  /** Asks the server to stop, and kills it after `graceMs`. Stopping a stopped server changes nothing. */
  stop(graceMs?: number): Promise<void>;
}

/** File descriptor 3 is the pipe. The server must not inherit it; `$!` of the second job is the waiting subshell. */
const GUARD_SCRIPT = `
signal=$1; shift
"$@" 3<&- &
server=$!
(read -r _ <&3; kill -"$signal" "$server") &
guard=$!
wait "$server"; status=$?
kill "$guard" 2>/dev/null
exit "$status"
`;

const DEFAULT_GRACE_MS = 5_000;
const LARGE_LOG_BYTES = 10_000_000;

/** Starts a server under its guard. `name` is the word for it in messages. */
export async function startGuarded(name: string, options: GuardedProcessOptions): Promise<GuardedProcess> {
  await setLargeLogAside(options.logFile);
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const child = spawn(
      '/bin/sh',
      ['-c', GUARD_SCRIPT, 'rollcall-guard', options.stopSignal, options.command, ...options.arguments],
      {
        stdio: ['ignore', log.fd, log.fd, 'pipe'],
        detached: true,
        ...options.user,
        ...(options.workingDirectory === undefined ? {} : { cwd: options.workingDirectory }),
      },
    );
    return guard(name, child);
  } finally {
    await log.close();
  }
}

function guard(name: string, child: ChildProcess): GuardedProcess {
  const lifeline = child.stdio[3];
  lifeline?.on('error', () => undefined); // the guard is gone: `ended` says so
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (status) => resolve(status));
    child.once('error', () => resolve(null));
  });
  return {
    name,
    ended,
    stop: async (graceMs = DEFAULT_GRACE_MS) => {
      lifeline?.destroy();
      const kill = setTimeout(() => killGroup(child.pid), graceMs);
      await ended;
      clearTimeout(kill);
    },
  };
}

function killGroup(groupId: number | undefined): void {
  if (groupId === undefined) return;
  try {
    process.kill(-groupId, 'SIGKILL');
  } catch {
    // It has ended in this very moment.
  }
}

/** The last lines of a server's log, for the error that says why it did not start. */
export async function lastLogLines(logFile: string, count = 8): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

async function setLargeLogAside(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (file) => file.size,
    () => 0,
  );
  if (size > LARGE_LOG_BYTES) await rename(logFile, `${logFile}.old`);
}
