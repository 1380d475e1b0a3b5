/**
 * Reads at a fixed rate, whether or not answers are late, as many independent clients do. Prints one line of JSON when it is
 * told to stop: `{reads, failures: [{at, message}], latencies}`.
 *
 * node reader-process.ts ORIGIN PATHS_FILE READS_PER_SECOND (0: as many as possible with 32 at a time)
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { percentile } from '../figures/sample.ts';

export interface ReaderReport {
  readonly reads: number;
  /** `at`: milliseconds since the epoch. */
  readonly failures: readonly { readonly at: number; readonly message: string }[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly seconds: number;
}

const TICK_MS = 10;
const CONNECTIONS = 32;
const DEADLINE_MS = 10_000;
const MOST_WAITING = 2_000;

const [origin = '', pathsFile = '', rate = '0'] = process.argv.slice(2);
const paths = readFileSync(pathsFile, 'utf8').trim().split('\n');
const pool = new Pool(origin, { connections: CONNECTIONS, headersTimeout: DEADLINE_MS, bodyTimeout: DEADLINE_MS });
const failures: { at: number; message: string }[] = [];
const latencies: number[] = [];
const startedAt = performance.now();
let next = 0;
const pending = new Set<Promise<void>>();
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());

await (Number(rate) > 0 ? readAt(Number(rate)) : Promise.all(Array.from({ length: CONNECTIONS }, readOnAndOn)));
await Promise.all(pending);
const report: ReaderReport = {
  reads: latencies.length,
  failures,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  seconds: (performance.now() - startedAt) / 1000,
};
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());

async function readAt(perSecond: number): Promise<void> {
  while (!stopping.signal.aborted) {
    const due = ((performance.now() - startedAt) / 1000) * perSecond;
    while (next < due && pending.size < MOST_WAITING) {
      const one = read().finally(() => pending.delete(one));
      pending.add(one);
    }
    await delay(TICK_MS);
  }
}

async function readOnAndOn(): Promise<void> {
  while (!stopping.signal.aborted) await read();
}

async function read(): Promise<void> {
  const path = paths[next++ % paths.length]!;
  const since = performance.now();
  try {
    const { statusCode, body } = await pool.request({ path, method: 'GET' });
    const bytes = await body.arrayBuffer();
    if (statusCode !== 200) throw new Error(`${statusCode} ${Buffer.from(bytes).toString().slice(0, 100)}`);
    latencies.push(performance.now() - since);
  } catch (error) {
    failures.push({ at: Date.now(), message: `${path}: ${(error as Error).message}` });
  }
}
