/**
 * Kills and freezes every process of a real `serve` at every critical moment, and checks that nothing is lost, duplicated, or
 * partly visible, and that everything recovers.
 *
 * npm run campaign -- [--minutes 30] [--only TEXT] [--keep]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Campaign, type Case, type CaseResult } from './campaign.ts';
import { TARGETS } from './installation.ts';
import { PHASES } from './phases.ts';
import { summary, unavailabilityTable } from './report.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    only: { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
  },
});

const KILLS: readonly Case[] = PHASES.flatMap((phase) =>
  TARGETS.map((target) => ({ target, phase, harm: 'kill' as const })),
);
const FREEZES: readonly Case[] = (['fetch', 'commit'] as const).flatMap((phase) =>
  TARGETS.map((target) => ({ target, phase, harm: 'freeze' as const })),
);

const name = ({ harm, target, phase }: Case): string => `${harm} ${target} during ${phase}`;
const cases = [...KILLS, ...FREEZES].filter((oneCase) => name(oneCase).includes(options.only));
const deadline = Date.now() + Number(options.minutes) * 60_000;
const folder = await mkdtemp(join(tmpdir(), 'rollcall-campaign-'));
const results: CaseResult[] = [];

const campaign = await Campaign.start(folder);
try {
  for (const oneCase of cases) {
    if (Date.now() > deadline) break;
    const result = await campaign.run(oneCase);
    results.push(result);
    console.log(`${results.length}/${cases.length} ${summary(name(oneCase), result)}`);
  }
} finally {
  await campaign.stop();
}

const violations = results.flatMap((result) => result.violations);
console.log(unavailabilityTable(results));
console.log(`${results.length} of ${cases.length} cases, ${violations.length} violations`);
if (violations.length > 0 || options.keep) console.log(`The log of serve and its data: ${folder}`);
else await rm(folder, { recursive: true, force: true });
process.exit(violations.length === 0 && results.length === cases.length ? 0 : 1);
