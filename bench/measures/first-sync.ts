/** Duration and memory of the first sync of a large file, compared with reading, parsing, and COPYing the same bytes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Bench, connectionOf } from '../bench.ts';
import { atMostTimes, below, type Figure, plain } from '../figures/figure.ts';
import { type FirstSync, largeRegistry, startLargeRegistry } from '../system/large-registry.ts';
import { sampleOf } from '../figures/sample.ts';

const GOAL = 4;
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
  // The peaks may occur at different times, so their sum is an upper bound of the joint peak.
  const together = syncs.map(({ apiMiB, workerMiB }) => apiMiB + workerMiB);
  const part = (what: string, unit: 's' | 'MiB', of: (sync: FirstSync) => number): Figure =>
    plain({ line: `${line}: ${what}`, unit, ours: sampleOf(syncs.map(of)) });
  return [
    atMostTimes(
      {
        line,
        unit: 's',
        ours: sampleOf(syncs.map(({ seconds }) => seconds)),
        baseline: { what: 'read, parse, and COPY the same bytes', sample: sampleOf(copies) },
      },
      GOAL,
    ),
    part('fetch (read, parse, stage)', 's', ({ fetchSeconds }) => fetchSeconds),
    part('apply', 's', ({ applySeconds }) => applySeconds),
    part('CPU time of the worker', 's', ({ workerSeconds }) => workerSeconds),
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

/** Runs `copy-process.ts`; returns its duration in seconds. */
async function barestCopy(bench: Bench): Promise<() => Promise<number>> {
  const file = await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real' });
  const { ownerSettings } = await bench.createDatabase();
  const connection = JSON.stringify(connectionOf(ownerSettings));
  const script = new URL('../baselines/copy-process.ts', import.meta.url).pathname;
  return async () => {
    const { stdout } = await run(process.execPath, [script, file, connection]);
    return Number(stdout) / 1000;
  };
}
