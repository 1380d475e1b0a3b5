/** Commands as a user runs them. */
import { type ChildProcessByStdio, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const ROLLCALL = fileURLToPath(new URL('../../bin/rollcall.mjs', import.meta.url));
/** Arguments of Node for a process with an IPC channel, which then ends with the test process, even if that is killed. */
export const END_WITH_TEST = ['--import', new URL('end-with-test.mjs', import.meta.url).href];

/** Spawns `rollcall` with these parameters. It ends with the test process. */
export function spawnRollcall(
  parameters: readonly string[],
  options: Pick<SpawnOptions, 'env' | 'detached'> = {},
): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [...END_WITH_TEST, ROLLCALL, ...parameters], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  child.channel?.unref();
  return child;
}

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  /** Waits for this output and returns the match; fails if the command ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<CommandResult>;
  /** Asks it to end, like a service manager. */
  stop(): void;
}

/** Runs a command until it ends. */
export function runRollcall(...parameters: string[]): Promise<CommandResult> {
  return startRollcall({}, ...parameters).ended;
}

/** Starts a command with these environment variables on top of the test's. */
export function startRollcall(environment: NodeJS.ProcessEnv, ...parameters: string[]): RunningCommand {
  const child = spawnRollcall(parameters, { env: { ...process.env, ...environment } });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...output }));
  return {
    ended,
    stop: () => void child.kill('SIGTERM'),
    printed: async (pattern) => {
      for (;;) {
        const match = pattern.exec(output.stdout);
        if (match !== null) return match;
        const result = await Promise.race([ended, once(child.stdout, 'data')]);
        if ('status' in result && !pattern.test(output.stdout)) {
          throw new Error(`The command ended without printing ${pattern}:\n${output.stdout}${output.stderr}`);
        }
      }
    },
  };
}
