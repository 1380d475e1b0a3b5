/** The first sync of a large file: how long, and how much memory, beside reading, parsing and COPYing the same bytes. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Bench, connectionOf } from '../bench.ts';
import { atMostTimes, below, type Figure, plain } from '../figure.ts';
import { forgetPeak, peakResidentMiB } from '../process-memory.ts';
import { replaceFile, startRegistry } from '../running-registry.ts';
import { sampleOf } from '../sample.ts';

const GOAL = 3;
const MOST_MEMORY_MIB = 512;

const run = promisify(execFile);

export async function measureFirstSync(bench: Bench): Promise<Figure[]> {
  const file = await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real' });
  const { ownerSettings } = await bench.createDatabase();
  const connection = JSON.stringify(connectionOf(ownerSettings));
  const script = new URL('../copy-process.ts', import.meta.url).pathname;
  const ours: number[] = [];
  const baseline: number[] = [];
  const memory: { together: number; api: number; worker: number }[] = [];
  for (let sync = 0; sync < (bench.quick ? 1 : 3); sync += 1) {
    bench.say(`first sync of ${bench.entries} entries, run ${sync + 1}`);
    const measured = await firstSync(bench, file);
    ours.push(measured.seconds);
    memory.push(measured);
    const { stdout } = await run(process.execPath, [script, file, connection]);
    baseline.push(Number(stdout) / 1000);
  }
  const line = `first sync of ${bench.entries} entries`;
  return [
    atMostTimes(
      {
        line,
        unit: 's',
        ours: sampleOf(ours),
        baseline: { what: 'reading, parsing and COPYing the same bytes', sample: sampleOf(baseline) },
      },
      GOAL,
    ),
    below(
      { line: `${line}: peak memory of api and worker`, unit: 'MiB', ours: sampleOf(memory.map((m) => m.together)) },
      MOST_MEMORY_MIB,
    ),
    plain({ line: `${line}: peak memory of the worker`, unit: 'MiB', ours: sampleOf(memory.map((m) => m.worker)) }),
    plain({ line: `${line}: peak memory of the api`, unit: 'MiB', ours: sampleOf(memory.map((m) => m.api)) }),
  ];
}

/**
 * The source begins with one entry and gets the others when everything is up, so that neither the start nor what it
 * costs is measured. The two peaks need not be at the same moment: their sum is at least what both have together at any.
 */
async function firstSync(
  bench: Bench,
  file: string,
): Promise<{ seconds: number; together: number; api: number; worker: number }> {
  const path = join(bench.directory, 'first.json');
  await replaceFile(path, await bench.dataSet({ entries: 1, versionsPerServer: 'real' }));
  const registry = await startRegistry(bench, [{ name: 'first', file: { path } }]);
  try {
    await registry.syncDuration('first', 1);
    const { api, worker } = registry.processes;
    await Promise.all([forgetPeak(api), forgetPeak(worker)]);
    await replaceFile(path, file);
    await registry.requestSync('first');
    const seconds = (await registry.syncDuration('first', 2)) / 1000;
    const [apiPeak, workerPeak] = await Promise.all([peakResidentMiB(api), peakResidentMiB(worker)]);
    return { seconds, together: apiPeak + workerPeak, api: apiPeak, worker: workerPeak };
  } finally {
    await registry.stop();
  }
}
