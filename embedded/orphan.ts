/** Ends a server that an earlier run left behind, which happens only if both that run and its guard were killed. */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pickVariables } from '../outbound/child-environment.ts';

/** The time that the guard has to stop the server, and the time that the server then has until it is killed. */
const GUARD_DEADLINE_MS = 3_000;
const STOP_DEADLINE_MS = 10_000;

interface RememberedProcess {
  readonly pid: number;
  readonly commandLine: string;
}

/** Ends the process that `pidFile` names, unless its id now belongs to a different process. */
export async function endOrphan(pidFile: string, stopSignal: 'INT' | 'TERM'): Promise<void> {
  const remembered = await readPidFile(pidFile);
  if (remembered === undefined) return;
  if (!(await endsWithin(remembered, GUARD_DEADLINE_MS))) {
    process.kill(remembered.pid, `SIG${stopSignal}`);
    if (!(await endsWithin(remembered, STOP_DEADLINE_MS))) process.kill(remembered.pid, 'SIGKILL');
  }
  await rm(pidFile, { force: true });
}

async function readPidFile(pidFile: string): Promise<RememberedProcess | undefined> {
  try {
    return JSON.parse(await readFile(pidFile, 'utf8')) as RememberedProcess;
  } catch {
    return undefined; // The file doesn't exist, or is incomplete because the server was only just starting.
  }
}

async function endsWithin(remembered: RememberedProcess, deadlineMs: number): Promise<boolean> {
  const deadline = Date.now() + deadlineMs;
  while (await isRunning(remembered)) {
    if (Date.now() > deadline) return false;
    await delay(50);
  }
  return true;
}

async function isRunning({ pid, commandLine }: RememberedProcess): Promise<boolean> {
  return (await readCommandLine(pid)) === commandLine;
}

/** The words of a process's command line, separated by spaces; empty if there is no such process. */
export async function readCommandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return words.split('\0').join(' ').trim();
  }
  const options = { env: pickVariables(['PATH']) };
  return promisify(execFile)('ps', ['-ww', '-p', String(pid), '-o', 'args='], options).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
}
