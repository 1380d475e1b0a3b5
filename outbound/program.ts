/** Runs a program together with all processes that it starts: bounded, and without leftovers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { inSpan } from '../telemetry/span.ts';

export interface ProgramOptions {
  readonly folder: string;
  /** All environment variables that the program sees. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** The longest output that is kept, of standard output and of standard error. */
  readonly maxOutputBytes: number;
}

/** Tells a subcommand, such as `ls-remote`, from options and values, which can be secret. */
const SUBCOMMAND = /^[a-z]+(?:-[a-z]+)*$/;

/** The program exited with a failure, or could not be started. The message is its output. */
export class ProgramFailure extends Error {}

/** The program printed more than `maxOutputBytes`. */
export class OutputTooLarge extends Error {}

/**
 * Runs a program and returns what it prints. When the signal aborts, the program and all processes that it started are killed:
 * `git checkout`, for example, would leave its own download running.
 *
 * @throws ProgramFailure, OutputTooLarge, or the reason of the signal
 */
export async function runProgram(
  program: string,
  arguments_: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const name = [program, ...arguments_.filter((argument) => SUBCOMMAND.test(argument)).slice(0, 1)].join(' ');
  return await inSpan({ name }, () => run(program, arguments_, options));
}

async function run(program: string, arguments_: readonly string[], options: ProgramOptions): Promise<string> {
  options.signal.throwIfAborted();
  const child = spawn(program, arguments_, {
    cwd: options.folder,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // In its own process group, which can be killed as a whole.
    detached: true,
  });
  const talkative = new AbortController();
  const collect = (stream: Readable): (() => string) =>
    collectOutput(stream, options.maxOutputBytes, () => talkative.abort(new OutputTooLarge()));
  const output = collect(child.stdout);
  const complaints = collect(child.stderr);
  const signal = AbortSignal.any([options.signal, talkative.signal]);
  const end = (): void => killGroup(child.pid);
  signal.addEventListener('abort', end);
  try {
    const exitCode = await exitCodeOf(child);
    signal.throwIfAborted();
    if (exitCode !== 0) throw new ProgramFailure(`${output()}${complaints()}`);
    return output();
  } finally {
    // The process id can be reused after this.
    signal.removeEventListener('abort', end);
  }
}

/** Kills a process started with `detached: true` and everything that it started. Does nothing if all have ended. */
export function killGroup(groupId: number | undefined): void {
  if (groupId === undefined) return;
  try {
    process.kill(-groupId, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return exitCode;
  } catch (error) {
    throw new ProgramFailure((error as Error).message);
  }
}

function collectOutput(stream: Readable, maxBytes: number, tooLarge: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) tooLarge();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString();
}
