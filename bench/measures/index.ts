/** All measures, by the names that `--only` takes, in the order of the table. */
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { measureColdReads } from './cold-reads.ts';
import { measureFirstSync } from './first-sync.ts';
import { measurePacedReadsDuringSync } from './paced-reads-during-sync.ts';
import { measureReadsDuringSync } from './reads-during-sync.ts';
import { measureReadsWithClaims } from './reads-with-claims.ts';
import { measureRoutineSyncs } from './routine-syncs.ts';
import { measureSearches } from './searches.ts';
import { measureStartUp } from './start-up.ts';
import { measureThousandSources } from './thousand-sources.ts';
import { measureFullWalk, measureWalkOneByOne } from './walks.ts';
import { measureWarmReads } from './warm-reads.ts';

export const MEASURES: Readonly<Record<string, (bench: Bench) => Promise<Figure[]>>> = {
  'first-sync': measureFirstSync,
  'warm-reads': measureWarmReads,
  'cold-reads': measureColdReads,
  searches: measureSearches,
  'full-walk': measureFullWalk,
  // The last that read from the large registry, which is several times as large afterwards.
  'reads-during-sync': measureReadsDuringSync,
  'paced-reads-during-sync': measurePacedReadsDuringSync,
  'reads-with-claims': measureReadsWithClaims,
  'walk-one-by-one': measureWalkOneByOne,
  'routine-syncs': measureRoutineSyncs,
  'thousand-sources': measureThousandSources,
  'start-up': measureStartUp,
};

/** Those that take long and tell little of a regression that the others don't. */
const ONLY_IN_FULL_RUNS = new Set(['paced-reads-during-sync', 'reads-with-claims', 'walk-one-by-one', 'start-up']);

export const QUICK_MEASURES: readonly string[] = Object.keys(MEASURES).filter((name) => !ONLY_IN_FULL_RUNS.has(name));
