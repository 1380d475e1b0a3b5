/** The first sync of a large file: how long, and how much memory, beside reading, parsing and COPYing the same bytes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Bench, connectionOf } from '../bench.ts';
import { atMostTimes, below, type Figure, plain } from '../figure.ts';
import { type FirstSync, largeRegistry, startLargeRegistry } from '../large-registry.ts';
import { sampleOf } from '../sample.ts';

const GOAL = 3;
const MOST_MEMORY_MIB = 512;

const run = promisify(execFile);

export async function measureFirstSync(bench: Bench): Promise<Figure[]> {
  const copy = await barestCopy(bench);
  const syncs: FirstSync[] = [];
  const copies: number[] = [];
  for (let sync = 0; sync < (bench.quick ? 1 : 3); sync += 1) {
    syncs.push(sync === 0 ? (await largeRegistry(bench)).firstSync : await anotherFirstSync(bench));
    copies.push(await copy());
  }
  const line = `first sync of ${bench.entries} entries`;
  // The two peaks need not be at the same moment: their sum is at least what both have together at any.
  const together = syncs.map(({ apiMiB, workerMiB }) => apiMiB + workerMiB);
  const part = (what: string, unit: 's' | 'MiB', of: (sync: FirstSync) => number): Figure =>
    plain({ line: `${line}: ${what}`, unit, ours: sampleOf(syncs.map(of)) });
  return [
    atMostTimes(
      {
        line,
        unit: 's',
        ours: sampleOf(syncs.map(({ seconds }) => seconds)),
        baseline: { what: 'reading, parsing and COPYing the same bytes', sample: sampleOf(copies) },
      },
      GOAL,
    ),
    part('of it, the fetch: reading, parsing, staging', 's', ({ fetchSeconds }) => fetchSeconds),
    part('of it, the apply', 's', ({ applySeconds }) => applySeconds),
    part('processor time of the worker', 's', ({ workerSeconds }) => workerSeconds),
    below({ line: `${line}: peak memory of api and worker`, unit: 'MiB', ours: sampleOf(together) }, MOST_MEMORY_MIB),
    part('peak memory of the worker', 'MiB', ({ workerMiB }) => workerMiB),
    part('peak memory of the api', 'MiB', ({ apiMiB }) => apiMiB),
  ];
}

async function anotherFirstSync(bench: Bench): Promise<FirstSync> {
  const registry = await startLargeRegistry(bench);
  await registry.stop();
  return registry.firstSync;
}

/** What `copy-process.ts` does, in seconds. */
async function barestCopy(bench: Bench): Promise<() => Promise<number>> {
  const file = await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real' });
  const { ownerSettings } = await bench.createDatabase();
  const connection = JSON.stringify(connectionOf(ownerSettings));
  const script = new URL('../copy-process.ts', import.meta.url).pathname;
  return async () => {
    const { stdout } = await run(process.execPath, [script, file, connection]);
    return Number(stdout) / 1000;
  };
}
