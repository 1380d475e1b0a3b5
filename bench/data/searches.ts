/** Realistic searches as request paths: common words, parts of names, rare words, phrases, and words without a match. */
import { Random, type Weighted } from './random.ts';
import { RARE_WORDS, WORDS } from './words.ts';

type Kind = 'common' | 'name' | 'rare' | 'phrase' | 'nothing';

const KINDS: Weighted<Kind> = [
  [35, 'common'],
  [25, 'name'],
  [15, 'rare'],
  [15, 'phrase'],
  [10, 'nothing'],
];

/**
 * Returns `count` distinct searches, so that none is answered from the cache. `names` are names of the registry.
 */
export function searchPaths(names: readonly string[], count: number, seed: number): string[] {
  const random = new Random(seed);
  const paths = new Set<string>();
  while (paths.size < count) {
    const term = TERMS[random.pickWeighted(KINDS)](random, names);
    paths.add(`/v0.1/servers?limit=${20 + random.integer(60)}&search=${encodeURIComponent(term)}`);
  }
  return [...paths];
}

const TERMS: Readonly<Record<Kind, (random: Random, names: readonly string[]) => string>> = {
  common: (random) => random.pick(WORDS.slice(0, 40)),
  name: (random, names) => partOf(random, random.pick(names)),
  rare: (random) => random.pick(RARE_WORDS),
  phrase: (random) => `${random.pick(WORDS)} ${random.pick(WORDS)}`,
  nothing: (random) => `no-such-${random.integer(1_000_000)}`,
};

function partOf(random: Random, name: string): string {
  const start = random.integer(Math.max(1, name.length - 12));
  return name.slice(start, start + 12);
}
