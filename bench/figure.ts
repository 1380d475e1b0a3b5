/** What a measure finds: one line of the table. */
import type { Sample } from './sample.ts';

type Unit = 'requests/s' | 'ms' | 's' | 'MiB' | 'rows' | 'kB' | 'queries' | 'checks';

export interface Figure {
  /** What was measured, in words. */
  readonly line: string;
  readonly unit: Unit;
  readonly ours: Sample;
  /** The same work done the barest way, measured in the same run; absent where the goal is an absolute figure. */
  readonly baseline?: Sample & { readonly what: string };
  /** What is held against the goal: a ratio to the baseline, or the figure itself. */
  readonly result: string;
  /** Absent for figures that only explain others. */
  readonly goal?: { readonly text: string; readonly met: boolean };
}

interface Baseline {
  readonly what: string;
  readonly sample: Sample;
}

type Comparison = Pick<Figure, 'line' | 'unit' | 'ours'> & { readonly baseline: Baseline };

/** At least that share of what the baseline reaches. */
export function atLeastShareOf(comparison: Comparison, share: number): Figure {
  const ratio = ratioOf(comparison);
  return { ...compared(comparison, percent(ratio)), goal: { text: `≥ ${percent(share)}`, met: ratio >= share } };
}

/** At most so many times what the baseline costs. */
export function atMostTimes(comparison: Comparison, times: number): Figure {
  return { ...ratioTo(comparison), goal: { text: `≤ ${times}×`, met: ratioOf(comparison) <= times } };
}

/** Beside a baseline, without a goal: it explains others. */
export function ratioTo(comparison: Comparison): Figure {
  return compared(comparison, `${rounded(ratioOf(comparison))}×`);
}

/** At most that share of what the baseline costs. */
export function atMostShareOf(comparison: Comparison, share: number): Figure {
  const ratio = ratioOf(comparison);
  return { ...compared(comparison, percent(ratio)), goal: { text: `≤ ${percent(share)}`, met: ratio <= share } };
}

/** Below a figure that does not depend on a baseline. */
export function below(measured: Pick<Figure, 'line' | 'unit' | 'ours'>, limit: number): Figure {
  const { ours, unit } = measured;
  return {
    ...measured,
    result: `${rounded(ours.median)} ${unit}`,
    goal: { text: `< ${limit} ${unit}`, met: ours.median < limit },
  };
}

/** A figure without a goal, which explains others. */
export function plain(measured: Pick<Figure, 'line' | 'unit' | 'ours'>): Figure {
  return { ...measured, result: `${rounded(measured.ours.median)} ${measured.unit}` };
}

function ratioOf({ ours, baseline }: Comparison): number {
  return ours.median / baseline.sample.median;
}

function compared({ baseline, ...measured }: Comparison, result: string): Figure {
  return { ...measured, baseline: { what: baseline.what, ...baseline.sample }, result };
}

export function rounded(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(Math.abs(value) >= 10 ? 3 : 2)));
}

export function percent(share: number): string {
  return `${rounded(share * 100)} %`;
}
