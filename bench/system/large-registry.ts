/**
 * The registry that most measures read from. Its source `large` has all entries of the run. Other sources start with one
 * entry and grow as large during measures of reads.
 */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { withClient } from '../../db/connection/plain-client.ts';
import { syncWorkflowId } from '../../workflows/contract/names.ts';
import type { Bench } from '../bench.ts';
import { forgetPeak, peakResidentMiB, processorSeconds } from './processes.ts';
import { replaceFile, type RunningRegistry, type SourceSetup, startRegistry } from './running-registry.ts';
import { activityTimes } from './workflow-history.ts';

/** More than the measures of a run use. */
const GROWING_SOURCES = { quick: 4, full: 18 } as const;

/** Cost of the first sync of the large source. */
export interface FirstSync {
  readonly seconds: number;
  readonly fetchSeconds: number;
  readonly applySeconds: number;
  /** CPU time of the worker. */
  readonly workerSeconds: number;
  /** Peaks of resident memory during the sync, in MiB. */
  readonly apiMiB: number;
  readonly workerMiB: number;
}

export interface LargeRegistry extends RunningRegistry {
  readonly firstSync: FirstSync;
  /** Grows one more source from one entry to the size of `large`, with different names. Resolves when it is synced. */
  grow(): Promise<void>;
  /** Vacuums now, so that autovacuum doesn't interfere with the next measure. */
  vacuum(): Promise<void>;
}

const shared = new WeakMap<Bench, Promise<LargeRegistry>>();

/** Returns the shared registry, started on first use. */
export async function largeRegistry(bench: Bench): Promise<LargeRegistry> {
  const found = shared.get(bench) ?? startLargeRegistry(bench);
  shared.set(bench, found);
  return await found;
}

/** Stops the shared registry if it was started. */
export async function stopLargeRegistry(bench: Bench): Promise<void> {
  const registry = await shared.get(bench)?.catch(() => undefined);
  await registry?.stop();
}

/** Starts a registry that isn't shared; the caller stops it. */
export async function startLargeRegistry(bench: Bench): Promise<LargeRegistry> {
  const dataSet = (entries: number, seed: number): Promise<string> =>
    bench.dataSet({ entries, versionsPerServer: 'real', seed });
  // Generate the data before anything is measured.
  const [whole, otherWhole] = await Promise.all([dataSet(bench.entries, 1), dataSet(bench.entries, 2)]);
  const directory = await mkdtemp(join(bench.directory, 'large-'));
  const sourceOf = (name: string): PathSource => ({ name, file: { path: join(directory, `${name}.json`) } });
  const large = sourceOf('large');
  const count = GROWING_SOURCES[bench.quick ? 'quick' : 'full'];
  const growing = Array.from({ length: count }, (_, number) => sourceOf(`growing-${number}`));
  await replaceFile(large.file.path, await dataSet(1, 1));
  for (const { file } of growing) await replaceFile(file.path, await dataSet(1, 2));
  const registry = await startRegistry(bench, [large, ...growing]);
  try {
    await Promise.all([large, ...growing].map(({ name }) => registry.syncDuration(name, 1)));
    bench.say(`first sync of ${bench.entries} entries`);
    const firstSync = await measureFirst(registry, large, whole);
    return {
      ...registry,
      firstSync,
      grow: async () => {
        const source = growing.pop();
        if (source === undefined) throw new Error('All growing sources have grown');
        await grow(registry, source, otherWhole);
      },
      vacuum: async () => {
        await withClient(registry.database.ownerSettings, (client) => client.query('vacuum (analyze)'));
      },
    };
  } catch (error) {
    await registry.stop();
    throw error;
  }
}

type PathSource = SourceSetup & { readonly file: { readonly path: string } };

/**
 * Replaces the source's file and returns the duration in milliseconds of its second sync, which finds the new content.
 */
async function grow(registry: RunningRegistry, { name, file }: PathSource, content: string): Promise<number> {
  await replaceFile(file.path, content);
  await registry.requestSync(name);
  return await registry.syncDuration(name, 2);
}

/** Measures the sync only: everything has been started before. */
async function measureFirst(registry: RunningRegistry, source: PathSource, content: string): Promise<FirstSync> {
  const { api, worker } = registry.processes;
  await Promise.all([forgetPeak(api), forgetPeak(worker)]);
  const workerSecondsBefore = await processorSeconds(worker);
  const seconds = (await grow(registry, source, content)) / 1000;
  const activitySeconds = async (type: string): Promise<number> => {
    const [times] = await activityTimes(registry.temporal, syncWorkflowId(source.name, 2), type);
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
