/** Plans the next check or sync of a source, with pure functions without Temporal, clock, or randomness. */
import type { SourceState } from '../contract/source-actor.ts';
import type { SyncTrigger } from '../contract/syncs.ts';
import { backoffMs, LONGEST_RETRY_AFTER_MS } from '../../pacing/backoff.ts';
import { isManaged } from '../../registry/source-definition.ts';

/** The first wait after a failure; it doubles with each further failure. */
const FIRST_BACKOFF_MS = 10_000;
/** An interval is lengthened or shortened by up to this share, so that sources that started together drift apart. */
const INTERVAL_JITTER = 0.1;

export interface CycleEnd {
  /** `syncPolicy.intervalMs`; null if only a message starts a sync. */
  readonly intervalMs: number | null;
  /** 0 after a success, a cancelled sync, or a check that found nothing new. */
  readonly consecutiveFailures: number;
  /** How long the upstream asked us to wait. */
  readonly retryAfterMs?: number | undefined;
  /** When the next cycle was due before, in milliseconds since the epoch, if a success keeps that. */
  readonly plannedAtMs?: number | undefined;
  readonly nowMs: number;
  /** A number from 0 to 1 (exclusive) that determines the jitter. */
  readonly random: number;
}

/** When the next cycle is due, in milliseconds since the epoch; undefined if only a message starts one. */
export function planNextCycle(end: CycleEnd): number | undefined {
  if (end.intervalMs === null) return undefined;
  const wait =
    end.consecutiveFailures === 0
      ? end.intervalMs * (1 + INTERVAL_JITTER * (2 * end.random - 1))
      : waitAfterFailure(end.intervalMs, end.consecutiveFailures, end.random);
  const leftAlone = Math.min(end.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
  // Unless the interval is shorter now.
  const latestMs = end.nowMs + Math.round(end.intervalMs * (1 + INTERVAL_JITTER));
  if (end.plannedAtMs !== undefined) return Math.min(end.plannedAtMs, latestMs);
  return end.nowMs + Math.round(Math.max(wait, leftAlone));
}

/** Half of the exponential backoff is fixed, the other half is random. It never exceeds the interval. */
function waitAfterFailure(intervalMs: number, consecutiveFailures: number, random: number): number {
  const backoff = backoffMs({ firstMs: FIRST_BACKOFF_MS, longestMs: intervalMs }, consecutiveFailures);
  return backoff * (0.5 + random / 2);
}

/** Milliseconds until the next cycle is due, 0 if it is due now; undefined if only a message or a watch starts one. */
export function timeUntilCycle(state: SourceState, nowMs: number): number | undefined {
  if (state.paused || isManaged(state.source)) return undefined;
  if (state.nextCycleAtMs !== undefined) return Math.max(0, state.nextCycleAtMs - nowMs);
  return state.cycle === 0 ? 0 : undefined;
}

/** Whether it is time for a full sync of an api source, which otherwise asks only for changes. */
export function isFullSyncDue(state: SourceState, nowMs: number): boolean {
  const { fullSyncEveryMs } = state.source.policy;
  if (fullSyncEveryMs === undefined) return false;
  return state.lastFullSyncAt === undefined || Date.parse(state.lastFullSyncAt) + fullSyncEveryMs <= nowMs;
}

/** The trigger of the next cycle. Requests take precedence over a first sync, and a first sync over the timer. */
export function triggerOf(
  state: SourceState,
  news: { readonly fromWatch: boolean; readonly nowMs: number },
): SyncTrigger {
  if (state.pending !== undefined) return state.pending.trigger;
  if (state.cycle === 0) return 'start';
  if (isFullSyncDue(state, news.nowMs)) return 'full';
  return news.fromWatch ? 'watch' : 'timer';
}

/** A routine cycle first checks whether anything is new; any other goes straight to a sync. */
export function asksFirst(trigger: SyncTrigger): boolean {
  return trigger === 'timer' || trigger === 'watch';
}
