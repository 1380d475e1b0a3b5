/** "Did you mean …?" for unknown keys and variables. */

const MOST_LISTED = 6;
/** Comparing takes time proportional to both lengths. Longer words aren't typing errors. */
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

/** Returns the candidate that `word` is most likely a typing error of. */
function closest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST_COMPARED) return undefined;
  const tolerated = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = tolerated + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Damerau-Levenshtein distance: insertions, deletions, substitutions, and swaps of neighbours. */
function editDistance(from: string, to: string): number {
  const distances = Array.from({ length: from.length + 1 }, (_, row) =>
    Array.from({ length: to.length + 1 }, (__, column) => (row === 0 ? column : row)),
  );
  const at = (row: number, column: number): number => distances[row]?.[column] ?? 0;
  for (let row = 1; row <= from.length; row += 1) {
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      distances[row]?.splice(
        column,
        1,
        Math.min(
          at(row - 1, column - 1) + (isSame ? 0 : 1),
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(from.length, to.length);
}
