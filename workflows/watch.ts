/** Keeps a watch on a source that can be watched. A watch only wakes the actor; what is new, a check finds out. */
import { condition, isCancellation, log } from '@temporalio/workflow';
import { watchActivities } from './activities.ts';
import { causeOf } from './failures.ts';
import type { SourceActor } from './source-actor.ts';

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 5 * 60_000;
/** A watch that lasted this long had been working. */
const WORKED_MS = 60_000;

/**
 * Goes on until the source retires or the run ends. A watch's failures never reach the actor, and what happens while
 * there is none is not missed: a watch begins by comparing with the last sync.
 */
export async function keepWatching(actor: SourceActor): Promise<void> {
  let failures = 0;
  for (;;) {
    await condition(() => actor.state.source.isWatched || actor.retirement !== undefined);
    if (actor.retirement !== undefined) return;
    const { source } = actor.state;
    const isSuperseded = (): boolean => actor.state.source !== source || actor.retirement !== undefined;
    const startedAtMs = Date.now();
    const end = await watchOnce(actor);
    if (end === 'news') {
      actor.newsFromWatch();
      const { cycle } = actor.state;
      // Until somebody has looked, another watch would tell the same.
      await condition(() => actor.state.cycle > cycle || isSuperseded());
    }
    if (Date.now() - startedAtMs > WORKED_MS) failures = 0;
    failures = end === 'failed' ? failures + 1 : 0;
    if (failures > 0) await backOff(failures, isSuperseded);
  }
}

async function watchOnce(actor: SourceActor): Promise<'news' | 'cancelled' | 'failed'> {
  const { name: sourceName, label } = actor.state.source;
  const summary = `Watch ${label}`;
  try {
    await actor.watch(() => watchActivities().watch.executeWithOptions({ summary }, [{ sourceName }]));
    return 'news';
  } catch (error) {
    if (isCancellation(error)) return 'cancelled';
    log.warn('A watch failed and is started again', { source: actor.name, cause: causeOf(error) });
    return 'failed';
  }
}

async function backOff(failures: number, interrupted: () => boolean): Promise<void> {
  const wait = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
  await condition(interrupted, wait, { summary: 'Watch again' });
}
