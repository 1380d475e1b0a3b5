/** "Did you mean …?" for unknown keys and variables. */
import { distance } from 'fastest-levenshtein';

const MOST_LISTED = 6;
/** Comparing takes time proportional to both lengths. Longer words aren't typos. */
const LONGEST_COMPARED = 100;

/** Returns `; did you mean …?` or an empty text. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const suggestion = closest(word, candidates);
  return suggestion === undefined ? '' : `; did you mean \`${suggestion}\`?`;
}

/** Like `didYouMean`. If no candidate is close and there are few, lists all of them. */
export function didYouMeanOneOf(word: string, candidates: readonly string[]): string {
  const isListed = candidates.length > 0 && candidates.length <= MOST_LISTED;
  const all = isListed ? `; known keys: ${candidates.map((candidate) => `\`${candidate}\``).join(', ')}` : '';
  return didYouMean(word, candidates) || all;
}

/** Returns the candidate that `word` most likely misspells. */
function closest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST_COMPARED) return undefined;
  // Swapped letters count as two changes.
  const tolerated = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  let best: string | undefined;
  let smallest = tolerated + 1;
  for (const candidate of candidates) {
    const difference = distance(word.toLowerCase(), candidate.toLowerCase());
    if (difference < smallest) {
      best = candidate;
      smallest = difference;
    }
  }
  return best;
}
