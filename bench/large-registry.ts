/** The registry that most measures read from: one file source with as many entries as a run has. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { type RunningRegistry, startRegistry } from './running-registry.ts';

const LARGE_SOURCE = 'large';

export interface LargeRegistry extends RunningRegistry {
  /** The file that the source reads. */
  readonly file: string;
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
  const file = join(bench.directory, 'large.json');
  await copyFile(await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real' }), file);
  bench.say(`first sync of ${bench.entries} entries`);
  const registry = await startRegistry(bench, [{ name: LARGE_SOURCE, file: { path: file } }]);
  await registry.syncDuration(LARGE_SOURCE, 1);
  return { ...registry, file };
}
