/**
 * The registry that most measures read from. Its source `large` has as many entries as a run has; beside it are sources
 * of one entry each, which grow as large while somebody reads.
 */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { syncWorkflowId } from '../workflows/contract.ts';
import { type Bench, connectionOf } from './bench.ts';
import { forgetPeak, peakResidentMiB, processorSeconds } from './process-memory.ts';
import { replaceFile, type RunningRegistry, startRegistry } from './running-registry.ts';
import { activityTimes } from './workflow-history.ts';

/** More than the measures of a run let grow. */
const GROWING_SOURCES = { quick: 6, full: 10 } as const;

/** What it took until the large source was served. */
export interface FirstSync {
  readonly seconds: number;
  readonly fetchSeconds: number;
  readonly applySeconds: number;
  /** Of processor time, of the worker alone. */
  readonly workerSeconds: number;
  /** The peaks of resident memory during it, in MiB. */
  readonly apiMiB: number;
  readonly workerMiB: number;
}

export interface LargeRegistry extends RunningRegistry {
  /** The file of the source `large`. */
  readonly largeFile: string;
  readonly firstSync: FirstSync;
  /** Lets one more source grow from one entry to as many as `large` has, all of other names; ends when it is synced. */
  grow(): Promise<void>;
  /** Does what autovacuum would do beside the next measure otherwise. */
  vacuum(): Promise<void>;
}

const shared = new WeakMap<Bench, Promise<LargeRegistry>>();

/** Started when the first measure asks for it, and shared by the others. */
export async function largeRegistry(bench: Bench): Promise<LargeRegistry> {
  const found = shared.get(bench) ?? startLargeRegistry(bench);
  shared.set(bench, found);
  return await found;
}

/** Stops the shared one, if a measure has asked for it. */
export async function stopLargeRegistry(bench: Bench): Promise<void> {
  const registry = await shared.get(bench)?.catch(() => undefined);
  await registry?.stop();
}

/** One that is not shared; who starts it stops it. */
export async function startLargeRegistry(bench: Bench): Promise<LargeRegistry> {
  const [large, grown] = await Promise.all(
    [1, 2].map((seed) => bench.dataSet({ entries: bench.entries, ...REAL, seed })),
  );
  const [first, small] = await Promise.all([1, 2].map((seed) => bench.dataSet({ entries: 1, ...REAL, seed })));
  const directory = await mkdtemp(join(bench.directory, 'large-'));
  const largeSource = { name: 'large', file: { path: join(directory, 'large.json') } };
  const growing = Array.from({ length: GROWING_SOURCES[bench.quick ? 'quick' : 'full'] }, (_, number) => ({
    name: `growing-${number}`,
    file: { path: join(directory, `growing-${number}.json`) },
  }));
  await replaceFile(largeSource.file.path, first!);
  for (const { file } of growing) await replaceFile(file.path, small!);
  const registry = await startRegistry(bench, [largeSource, ...growing]);
  try {
    await Promise.all([largeSource, ...growing].map(({ name }) => registry.syncDuration(name, 1)));
    bench.say(`first sync of ${bench.entries} entries`);
    const firstSync = await measureFirst(registry, { name: 'large', path: largeSource.file.path, content: large! });
    return {
      ...registry,
      largeFile: largeSource.file.path,
      firstSync,
      grow: async () => {
        const source = growing.pop();
        if (source === undefined) throw new Error('All growing sources have grown');
        await grow(registry, { name: source.name, path: source.file.path, content: grown! });
      },
      vacuum: () => vacuum(registry),
    };
  } catch (error) {
    await registry.stop();
    throw error;
  }
}

async function vacuum({ database }: RunningRegistry): Promise<void> {
  const client = new pg.Client(connectionOf(database.ownerSettings));
  await client.connect();
  await client.query('vacuum (analyze)');
  await client.end();
}

const REAL = { versionsPerServer: 'real' } as const;

interface Growth {
  readonly name: string;
  readonly path: string;
  /** The file that is put under the path. */
  readonly content: string;
}

/** Its second sync: the one of the start has found one entry. */
async function grow(registry: RunningRegistry, { name, path, content }: Growth): Promise<number> {
  await replaceFile(path, content);
  await registry.requestSync(name);
  return await registry.syncDuration(name, 2);
}

/** Everything is up before, so that neither the start nor what it costs is measured. */
async function measureFirst(registry: RunningRegistry, growth: Growth): Promise<FirstSync> {
  const { api, worker } = registry.processes;
  await Promise.all([forgetPeak(api), forgetPeak(worker)]);
  const workerSecondsBefore = await processorSeconds(worker);
  const seconds = (await grow(registry, growth)) / 1000;
  const activitySeconds = async (type: string): Promise<number> => {
    const [times] = await activityTimes(registry.temporal, syncWorkflowId(growth.name, 2), type);
    return times!.executedMs / 1000;
  };
  return {
    seconds,
    fetchSeconds: await activitySeconds('fetchSnapshot'),
    applySeconds: await activitySeconds('applySnapshot'),
    workerSeconds: (await processorSeconds(worker)) - workerSecondsBefore,
    apiMiB: await peakResidentMiB(api),
    workerMiB: await peakResidentMiB(worker),
  };
}
