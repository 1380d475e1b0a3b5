/** The registry that most measures read from: a file source with as many entries as a run has, beside a small one. */
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { replaceFile, type RunningRegistry, startRegistry } from './running-registry.ts';

export interface LargeRegistry extends RunningRegistry {
  /** The file of the source `growing`, which has one entry at first. */
  readonly growingFile: string;
}

const started = new WeakMap<Bench, Promise<LargeRegistry>>();

/** Started when the first measure asks for it, and shared by the others. */
export async function largeRegistry(bench: Bench): Promise<LargeRegistry> {
  const found = started.get(bench) ?? start(bench);
  started.set(bench, found);
  return await found;
}

/** Stops it, if a measure has asked for it. */
export async function stopLargeRegistry(bench: Bench): Promise<void> {
  const registry = await started.get(bench)?.catch(() => undefined);
  await registry?.stop();
}

async function start(bench: Bench): Promise<LargeRegistry> {
  const large = await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real' });
  const growingFile = join(bench.directory, 'growing.json');
  await replaceFile(growingFile, await bench.dataSet({ entries: 1, versionsPerServer: 'real', seed: 2 }));
  bench.say(`first sync of ${bench.entries} entries`);
  const registry = await startRegistry(bench, [
    { name: 'large', file: { path: large } },
    { name: 'growing', file: { path: growingFile } },
  ]);
  await Promise.all([registry.syncDuration('large', 1), registry.syncDuration('growing', 1)]);
  return { ...registry, growingFile };
}
