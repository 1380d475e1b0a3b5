/** "Did you mean …?" for a key or a variable that nobody knows. */

const MOST_LISTED = 6;
/** Comparing takes time in proportion to both lengths; nothing that anyone types by mistake is longer. */
const LONGEST_COMPARED = 100;

/** `; did you mean …?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const suggestion = closest(word, candidates);
  return suggestion === undefined ? '' : `; did you mean \`${suggestion}\`?`;
}

/** The same; where none is near and there are few, all of them. */
export function didYouMeanOneOf(word: string, candidates: readonly string[]): string {
  const isListed = candidates.length > 0 && candidates.length <= MOST_LISTED;
  const all = isListed ? `; there are ${candidates.map((candidate) => `\`${candidate}\``).join(', ')}` : '';
  return didYouMean(word, candidates) || all;
}

/** The candidate that a typing error would most likely turn into `word`, if there is one. */
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

/** How many characters have to be inserted, removed, replaced or swapped with their neighbour (Damerau-Levenshtein). */
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
