/** Commands as a user runs them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const ROLLCALL = fileURLToPath(new URL('../../bin/rollcall.mjs', import.meta.url));

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
  const child = spawn(process.execPath, [ROLLCALL, ...parameters], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
