import { type Sample, sampleOf } from './sample.ts';

/** The same work done by Rollcall and by the baseline; each returns what was measured in a run. */
export interface Sides<Measured> {
  readonly ours: (run: number) => Promise<Measured>;
  readonly baseline: (run: number) => Promise<Measured>;
}

export interface Interleaved<Measured> {
  readonly ours: readonly Measured[];
  readonly baseline: readonly Measured[];
}

/** Alternates both sides, A B A B, so that noise affects both equally. Run 0 of each isn't counted. */
export async function interleaved<Measured>(runs: number, sides: Sides<Measured>): Promise<Interleaved<Measured>> {
  const ours: Measured[] = [];
  const baseline: Measured[] = [];
  for (let run = 0; run <= runs; run += 1) {
    ours.push(await sides.ours(run));
    baseline.push(await sides.baseline(run));
  }
  return { ours: ours.slice(1), baseline: baseline.slice(1) };
}

/** Both sides' samples of one value, for a comparison with `what`. */
export function samplesOf<Measured>(
  { ours, baseline }: Interleaved<Measured>,
  what: string,
  valueOf: (measured: Measured) => number,
): { readonly ours: Sample; readonly baseline: { readonly what: string; readonly sample: Sample } } {
  return { ours: sampleOf(ours.map(valueOf)), baseline: { what, sample: sampleOf(baseline.map(valueOf)) } };
}
