/** All measures by the names that `--only` accepts, in the order of the table. */
import type { Bench } from '../bench.ts';
import type { Figure } from '../figures/figure.ts';
import { measureColdReads } from './cold-reads.ts';
import { measureConsole } from './console.ts';
import { measureFirstSync } from './first-sync.ts';
import { measureObservedReads } from './observed-reads.ts';
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
  'observed-reads': measureObservedReads,
  'cold-reads': measureColdReads,
  searches: measureSearches,
  'full-walk': measureFullWalk,
  // The last one that reads the shared registry, which it makes several times as large.
  'reads-during-sync': measureReadsDuringSync,
  'reads-with-claims': measureReadsWithClaims,
  'walk-one-by-one': measureWalkOneByOne,
  'routine-syncs': measureRoutineSyncs,
  'thousand-sources': measureThousandSources,
  console: measureConsole,
  'start-up': measureStartUp,
};

/** Slow measures that rarely find a regression that the others miss. */
const ONLY_IN_FULL_RUNS = new Set(['reads-with-claims', 'walk-one-by-one', 'start-up', 'observed-reads']);

export const QUICK_MEASURES: readonly string[] = Object.keys(MEASURES).filter((name) => !ONLY_IN_FULL_RUNS.has(name));
