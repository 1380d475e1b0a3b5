/** The progress of a source's sync, for pages that stay open while it runs. */
import { setTimeout as delay } from 'node:timers/promises';
import { stagedProgress } from '../../../db/syncs/snapshots.ts';
import { type OperationContext, subscription } from '../operation.ts';
import type { SourceProgress } from '../outputs.ts';
import { bySourceName, visibleSource } from './requested-source.ts';

/** Time between two reads of the record, in milliseconds. */
const INTERVAL_MS = 1_000;

/** The state of the source now, and again whenever it has changed. Ends when the source is gone. */
export const watchSource = subscription({
  role: 'manageSources',
  input: bySourceName,
  run: async (context, { name }, signal) => {
    await visibleSource(context, name);
    return changesOf(context, name, signal);
  },
});

async function* changesOf(
  context: OperationContext,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<SourceProgress> {
  let shown = '';
  while (!signal.aborted) {
    const { lastRun: run, paused } = await visibleSource(context, name);
    const isRunning = run !== null && run.endedAt === null;
    const staged = isRunning ? await stagedProgress(context.database, run.id) : null;
    const progress = { run, stagedEntries: staged?.entries ?? 0, paused };
    const state = JSON.stringify(progress);
    if (state !== shown) yield progress;
    shown = state;
    await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}
