/** The same work done by Rollcall and by the baseline; each returns what was measured. */
export interface Sides<Measured> {
  readonly ours: () => Promise<Measured>;
  readonly baseline: () => Promise<Measured>;
}

/** Alternates both sides, A B A B, so that noise affects both equally. The first run of each isn't counted. */
export async function interleaved<Measured>(
  runs: number,
  sides: Sides<Measured>,
): Promise<{ ours: Measured[]; baseline: Measured[] }> {
  const ours: Measured[] = [];
  const baseline: Measured[] = [];
  await sides.ours();
  await sides.baseline();
  for (let run = 0; run < runs; run += 1) {
    ours.push(await sides.ours());
    baseline.push(await sides.baseline());
  }
  return { ours, baseline };
}
