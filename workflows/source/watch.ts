/** Keeps a watch on a source that can be watched. A watch only wakes the actor; a check finds out what is new. */
import { condition, isCancellation, log } from '@temporalio/workflow';
import { backoffMs } from '../../pacing/backoff.ts';
import { watchActivities } from '../activities.ts';
import { causeOf } from '../failures.ts';
import type { SourceActor } from './source-actor.ts';

const BACKOFF = { firstMs: 1_000, longestMs: 5 * 60_000 };
/** A watch that lasted this long was working. */
const WORKED_MS = 60_000;

/**
 * Continues until the source retires or the run ends. Failures of a watch never reach the actor, and no change is missed between
 * two watches, because a watch begins by comparing with the last sync.
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
      // Until a check or a sync has run, another watch would report the same news.
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
    log.warn('Restarting a failed watch', { source: actor.name, cause: causeOf(error) });
    return 'failed';
  }
}

async function backOff(failures: number, interrupted: () => boolean): Promise<void> {
  await condition(interrupted, backoffMs(BACKOFF, failures), { summary: 'Restart the watch' });
}
