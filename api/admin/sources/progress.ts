/** The progress of a source's sync, for pages that stay open while it runs. */
import { setTimeout as delay } from 'node:timers/promises';
import { stagedProgress } from '../../../db/syncs/snapshots.ts';
import type { SyncRunRow } from '../../../db/syncs/sync-runs.ts';
import { type OperationContext, subscription } from '../operation.ts';
import { bySourceName, visibleSource } from './requested-source.ts';

/** Time between two reads of the record, in milliseconds. */
const INTERVAL_MS = 1_000;

export interface SourceProgress {
  /** The newest sync, which runs while it has no `endedAt`. Null: there was none yet. */
  readonly run: SyncRunRow | null;
  /** Entries that a running sync has staged so far. */
  readonly stagedEntries: number;
  readonly paused: boolean;
}

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
