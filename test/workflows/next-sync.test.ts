import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SourceState } from '../../workflows/contract/source-actor.ts';
import { asksFirst, planNextCycle, timeUntilCycle, triggerOf } from '../../workflows/source/next-sync.ts';
import { gitSource, MANAGED, newState } from './source-states.ts';

const NOW = Date.parse('2026-01-31T09:30:00Z');
const HOUR = 3_600_000;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const interval = fc.integer({ min: 1_000, max: 7 * 24 * HOUR });

/** Milliseconds from the end of a cycle to the next. */
function wait(end: Partial<Parameters<typeof planNextCycle>[0]>): number {
  const at = planNextCycle({ intervalMs: HOUR, consecutiveFailures: 0, nowMs: NOW, random: 0.5, ...end });
  if (at === undefined) throw new Error('No cycle was planned');
  return at - NOW;
}

describe('planning', () => {
  test('after a success the next cycle is an interval away, plus or minus a tenth', () => {
    fc.assert(
      fc.property(interval, random, (intervalMs, chance) => {
        const planned = wait({ intervalMs, random: chance });
        expect(planned).toBeGreaterThanOrEqual(Math.floor(intervalMs * 0.9));
        expect(planned).toBeLessThanOrEqual(Math.ceil(intervalMs * 1.1));
      }),
    );
    expect(wait({ random: 0 })).not.toBe(wait({ random: 0.9 }));
  });

  test('a success that a message asked for keeps the cycle that was due before', () => {
    expect(wait({ plannedAtMs: NOW + 60_000 })).toBe(60_000);
    // Whatever the jitter of another plan would be.
    expect(wait({ plannedAtMs: NOW + HOUR, random: 0 })).toBe(HOUR);
    // A shorter interval comes first.
    expect(wait({ plannedAtMs: NOW + 60_000, intervalMs: 10_000 })).toBe(11_000);
  });

  test('after failures the waits double, starting at five to ten seconds, and never exceed the interval', () => {
    expect([1, 2, 3, 4].map((consecutiveFailures) => wait({ consecutiveFailures, random: 0 }))).toEqual([
      5_000, 10_000, 20_000, 40_000,
    ]);
    fc.assert(
      fc.property(interval, random, fc.integer({ min: 1, max: 10_000 }), (intervalMs, chance, consecutiveFailures) => {
        const planned = wait({ intervalMs, random: chance, consecutiveFailures });
        expect(planned).toBeGreaterThan(0);
        expect(planned).toBeLessThanOrEqual(intervalMs);
      }),
    );
  });

  test('an upstream is left alone for as long as it asks, at most a day', () => {
    expect(wait({ consecutiveFailures: 1, retryAfterMs: 2 * HOUR })).toBe(2 * HOUR);
    expect(wait({ consecutiveFailures: 20, retryAfterMs: 1_000, random: 0 })).toBe(HOUR / 2);
    expect(wait({ consecutiveFailures: 1, retryAfterMs: 400 * 24 * HOUR })).toBe(24 * HOUR);
  });

  test('without an interval nothing is planned', () => {
    expect(planNextCycle({ intervalMs: null, consecutiveFailures: 3, nowMs: NOW, random: 0 })).toBeUndefined();
  });
});

describe('the wait of', () => {
  const state = newState(gitSource('a'));

  test.each<[string, SourceState, number | undefined]>([
    ['a new source is none', state, 0],
    ['a new source with a due time ends then', { ...state, nextCycleAtMs: NOW + 5 }, 5],
    ['an overdue source is none', { ...state, cycle: 3, nextCycleAtMs: NOW - 5 }, 0],
    ['a paused source never ends', { ...state, paused: true, nextCycleAtMs: NOW - 5 }, undefined],
    ['a source without a plan never ends', { ...state, cycle: 3 }, undefined],
    ['a managed source never ends', newState({ ...gitSource('a'), ...MANAGED }), undefined],
  ])('%s', (_, given, expected) => {
    expect(timeUntilCycle(given, NOW)).toBe(expected);
  });
});

describe('the start of a cycle', () => {
  const state = { ...newState(gitSource('a')), cycle: 1 };
  const api = {
    ...state,
    source: { ...state.source, policy: { ...state.source.policy, fullSyncEveryMs: HOUR } },
  };
  const routine = { fromWatch: false, nowMs: NOW };
  const fullSyncAgo = (milliseconds: number): string => new Date(NOW - milliseconds).toISOString();

  test('requests come first, then a first sync, then the timer', () => {
    const pending = { trigger: 'message' } as const;
    expect(triggerOf({ ...state, cycle: 0, pending }, routine)).toBe('message');
    expect(triggerOf({ ...state, cycle: 0 }, routine)).toBe('start');
    expect(triggerOf(api, routine)).toBe('full');
    expect(triggerOf({ ...api, lastFullSyncAt: fullSyncAgo(HOUR) }, routine)).toBe('full');
    expect(triggerOf({ ...api, lastFullSyncAt: fullSyncAgo(HOUR - 1) }, routine)).toBe('timer');
    expect(triggerOf(state, { ...routine, fromWatch: true })).toBe('watch');
    expect(triggerOf(state, routine)).toBe('timer');
  });

  test('only a timer checks first', () => {
    expect((['start', 'timer', 'watch', 'message', 'definition', 'full'] as const).filter(asksFirst)).toEqual([
      'timer',
      'watch',
    ]);
  });
});
