/** The result of a measure: one line of the table. */
import type { Sample } from './sample.ts';

type Unit = 'requests/s' | 'µs' | 'ms' | 's' | 'MiB' | 'rows' | 'kB' | 'queries' | 'checks';

export interface Figure {
  /** The measured quantity. */
  readonly line: string;
  readonly unit: Unit;
  readonly ours: Sample;
  /** The same work done in the simplest way, measured in the same run; absent if the goal is an absolute figure. */
  readonly baseline?: Sample & { readonly what: string };
  /** The value compared with the goal: a ratio to the baseline, or the figure itself. */
  readonly result: string;
  /** Absent for explanatory figures. */
  readonly goal?: { readonly text: string; readonly met: boolean };
}

interface Baseline {
  readonly what: string;
  readonly sample: Sample;
}

type Comparison = Pick<Figure, 'line' | 'unit' | 'ours'> & { readonly baseline: Baseline };

/** Goal: at least this share of the baseline. */
export function atLeastShareOf(comparison: Comparison, share: number): Figure {
  const ratio = ratioOf(comparison);
  return { ...compared(comparison, percent(ratio)), goal: { text: `≥ ${percent(share)}`, met: ratio >= share } };
}

/** Goal: at most this multiple of the baseline. */
export function atMostTimes(comparison: Comparison, times: number): Figure {
  return { ...ratioTo(comparison), goal: { text: `≤ ${times}×`, met: ratioOf(comparison) <= times } };
}

/** A ratio to a baseline, without a goal. */
export function ratioTo(comparison: Comparison): Figure {
  return compared(comparison, `${rounded(ratioOf(comparison))}×`);
}

/** Goal: at most this share of the baseline's cost. */
export function atMostShareOf(comparison: Comparison, share: number): Figure {
  const ratio = ratioOf(comparison);
  return { ...compared(comparison, percent(ratio)), goal: { text: `≤ ${percent(share)}`, met: ratio <= share } };
}

/** Goal: below an absolute limit. */
export function below(measured: Pick<Figure, 'line' | 'unit' | 'ours'>, limit: number): Figure {
  const { ours, unit } = measured;
  return {
    ...measured,
    result: `${rounded(ours.median)} ${unit}`,
    goal: { text: `< ${limit} ${unit}`, met: ours.median < limit },
  };
}

/** An explanatory figure without a goal. */
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
