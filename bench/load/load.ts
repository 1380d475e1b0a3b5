/**
 * Closed-loop load from a separate process: each connection sends its next request when the previous one is answered.
 * Uses `wrk` if it is installed, because it takes little CPU from the system under test, otherwise `autocannon`. Both
 * sides of a comparison use the same tool.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../embedded/programs.ts';
import { processorSeconds } from '../system/processes.ts';

export interface Load {
  /** `http://host:port` */
  readonly origin: string;
  /** The paths, which are requested in turn, repeatedly. */
  readonly paths: readonly string[];
  /** Whether to stop when all paths were requested, even before the time is over. */
  readonly once?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
}

/** The result of load on a separate process. */
export interface MeasuredLoad extends LoadResult {
  /** CPU time, user and system. */
  readonly microsecondsPerRequest: number;
}

type ToolResult = LoadResult & { readonly failures: number };

const run = promisify(execFile);

/** @throws Error if a request failed or was answered with an error, because the figure would be meaningless */
export async function putUnderLoad(load: Load): Promise<LoadResult> {
  const { failures, ...result } = await LOAD_TOOLS[await loadToolName()](load);
  if (failures > 0 || result.requests === 0) {
    throw new Error(`${failures} of ${result.requests} requests to ${load.origin}${load.paths[0]} failed`);
  }
  return result;
}

/** Puts a process under load. Its CPU time per request is what can be compared while other programs use the machine too. */
export async function putProcessUnderLoad(processId: number, load: Load): Promise<MeasuredLoad> {
  const before = await processorSeconds(processId);
  const result = await putUnderLoad(load);
  const seconds = (await processorSeconds(processId)) - before;
  return { ...result, microsecondsPerRequest: (seconds * 1e6) / result.requests };
}

/** Node compiles the code of a request step by step: the first 30,000 take up to four times as long as later ones. */
const WARM_UP_REQUESTS = 30_000;
const MAX_WARM_UP_MS = 20_000;

/** Repeats the load until the process is warm, or for 20 seconds. */
export async function warmUp(load: Omit<Load, 'seconds'>): Promise<void> {
  const end = Date.now() + MAX_WARM_UP_MS;
  for (let answered = 0; answered < WARM_UP_REQUESTS && Date.now() < end;) {
    answered += (await putUnderLoad({ ...load, seconds: 1 })).requests;
  }
}

export const LOAD_TOOLS = { wrk, autocannon } as const;

/** The name of the tool in use. */
export async function loadToolName(): Promise<keyof typeof LOAD_TOOLS> {
  return (await findOnPath('wrk')) === undefined ? 'autocannon' : 'wrk';
}

const WRK_SCRIPT = new URL('wrk-load.lua', import.meta.url).pathname;

async function wrk(load: Load): Promise<ToolResult> {
  return await withPathsFile(load.paths, async (pathsFile) => {
    const { stdout } = await run(
      'wrk',
      [
        '--threads=1',
        `--connections=${load.connections}`,
        `--duration=${load.seconds}s`,
        '--timeout=10s',
        ...Object.entries(load.headers ?? {}).map(([name, value]) => `--header=${name}: ${value}`),
        `--script=${WRK_SCRIPT}`,
        load.origin,
        '--',
        pathsFile,
        ...(load.once === true ? ['once'] : []),
      ],
      { maxBuffer: 1 << 20 },
    );
    return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1)) as ToolResult;
  });
}

async function autocannon(load: Load): Promise<ToolResult> {
  return await withPathsFile(load.paths, async (pathsFile) => {
    const script = new URL('autocannon-process.ts', import.meta.url).pathname;
    const { stdout } = await run(process.execPath, [script, JSON.stringify({ ...load, paths: pathsFile })]);
    return JSON.parse(stdout) as ToolResult;
  });
}

async function withPathsFile<Result>(
  paths: readonly string[],
  work: (pathsFile: string) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-load-'));
  try {
    const pathsFile = join(directory, 'paths');
    await writeFile(pathsFile, `${paths.join('\n')}\n`);
    return await work(pathsFile);
  } finally {
    await rm(directory, { recursive: true });
  }
}
