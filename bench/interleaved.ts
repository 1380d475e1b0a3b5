import { type Sample, sampleOf } from './sample.ts';

/** The same work done by Rollcall and by the baseline; each returns a figure. */
export interface Sides {
  readonly ours: () => Promise<number>;
  readonly baseline: () => Promise<number>;
}

/** Alternates both sides, A B A B, so that noise affects both equally. The first run of each isn't counted. */
export async function interleaved(runs: number, sides: Sides): Promise<{ ours: Sample; baseline: Sample }> {
  const ours: number[] = [];
  const baseline: number[] = [];
  await sides.ours();
  await sides.baseline();
  for (let run = 0; run < runs; run += 1) {
    ours.push(await sides.ours());
    baseline.push(await sides.baseline());
  }
  return { ours: sampleOf(ours), baseline: sampleOf(baseline) };
}
