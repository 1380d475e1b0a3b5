/** What separates the fields: a match never spans two of them. */
const FIELD_SEPARATOR = '\u001f';

/** The text in which a search looks for its term: name, title and description, folded. */
export function searchText(entry: {
  readonly name: string;
  readonly title: string | null;
  readonly description: string;
}): string {
  return [entry.name, entry.title ?? '', entry.description].map(fold).join(FIELD_SEPARATOR);
}

/**
 * The `LIKE` pattern that finds a term anywhere in a search text, whatever its case; `%`, `_` and `\` are themselves.
 */
export function searchPattern(term: string): string {
  return `%${fold(term).replaceAll(/[\\%]/g, String.raw`\$&`)}%`;
}

/**
 * Whether a trigram index can find the pattern: three letters or digits stand together. Of those that are not ASCII that
 * depends on the locale of the database.
 */
export function hasTrigram(pattern: string): boolean {
  return /[a-zA-Z0-9]{3}/.test(pattern);
}

/**
 * With letters in the place of what stands between words, capital ones, which case-folded text has not: PostgreSQL's
 * trigrams are of letters and digits alone, so that `io.github.se` would be found by what most names have, not by `.se`.
 * The letters are rare ones, because trigrams have no case.
 */
function fold(text: string): string {
  return foldCase(text)
    .replaceAll('.', 'Q')
    .replaceAll('/', 'Z')
    .replaceAll('-', 'J')
    .replaceAll('_', 'K')
    .replaceAll(' ', 'X');
}

/**
 * Lower case as Unicode has it, the same on every machine and in every locale of the database. A sigma at the end of a
 * word is folded into the ordinary one, since the end of a term need not be the end of a word.
 */
function foldCase(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}
