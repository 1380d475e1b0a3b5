import { type Sample, sampleOf } from './sample.ts';

/** The same work done by us and in the barest way; each answers with a figure. */
export interface Sides {
  readonly ours: () => Promise<number>;
  readonly baseline: () => Promise<number>;
}

/** Runs both in turn, A B A B, so that whatever else the machine does meets both; each is run once before it counts. */
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
