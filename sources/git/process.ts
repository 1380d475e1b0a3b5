/** A run of git, with all the processes that it starts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { RollcallError } from '../../registry/failure.ts';

/** As much as the list of all files takes in a repository that has half a million of them. */
const MAX_OUTPUT_MEBIBYTES = 64;
const MAX_OUTPUT_BYTES = MAX_OUTPUT_MEBIBYTES * 1024 * 1024;

export interface GitSurroundings {
  /** Where git works. */
  readonly folder: string;
  /** All that git sees. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Git ended with a failure, or could not be started; the message is what it said. */
export class GitFailure extends Error {}

/**
 * Runs git and answers with what it prints. Once aborted nothing of it runs on: `git checkout` alone would leave behind
 * the download that it has started.
 *
 * @throws GitFailure, RollcallError `DefinitionInvalid` for too much that it prints, or the reason of the signal
 */
export async function runGit(command: readonly string[], surroundings: GitSurroundings): Promise<string> {
  surroundings.signal.throwIfAborted();
  const git = spawn('git', command, {
    cwd: surroundings.folder,
    env: surroundings.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own, which can be ended as one.
    detached: true,
  });
  const talkative = new AbortController();
  const tooMuch = (): void => talkative.abort(printedTooMuch());
  const output = collect(git.stdout, tooMuch);
  const complaints = collect(git.stderr, tooMuch);
  const signal = AbortSignal.any([surroundings.signal, talkative.signal]);
  const end = (): void => killGroup(git.pid);
  signal.addEventListener('abort', end);
  try {
    const exitCode = await ended(git);
    signal.throwIfAborted();
    if (exitCode !== 0) throw new GitFailure(`${output()}${complaints()}`);
    return output();
  } finally {
    // Its number may soon be that of another process.
    signal.removeEventListener('abort', end);
  }
}

async function ended(git: ChildProcess): Promise<number | null> {
  try {
    const [exitCode] = (await once(git, 'close')) as [number | null];
    return exitCode;
  } catch (error) {
    throw new GitFailure((error as Error).message);
  }
}

function printedTooMuch(): RollcallError {
  return new RollcallError(
    'DefinitionInvalid',
    `git has more than ${MAX_OUTPUT_MEBIBYTES} MiB to say: let \`path\` name fewer files, or take a smaller repository`,
  );
}

/** What a stream has brought so far. */
function collect(stream: Readable, tooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) tooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString();
}

function killGroup(groupId: number | undefined): void {
  if (groupId === undefined) return;
  try {
    process.kill(-groupId, 'SIGKILL');
  } catch {
    // It has ended in this very moment.
  }
}
