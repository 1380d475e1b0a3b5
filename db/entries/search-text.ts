import { servedName } from '../../registry/entry-kind.ts';

/** Separates the fields, so that a match never spans two of them. */
const FIELD_SEPARATOR = '\u001f';

/** The text that searches look through: name, title, description, and the start of a SKILL.md, folded. */
export function searchText(entry: {
  readonly name: string;
  readonly title: string | null;
  readonly description: string;
  readonly searchedText?: string;
}): string {
  const { name, title, description, searchedText } = entry;
  const fields = [servedName(name), title ?? '', description, ...(searchedText === undefined ? [] : [searchedText])];
  return fields.map(fold).join(FIELD_SEPARATOR);
}

/** The `LIKE` pattern for a term anywhere in a search text, in any case. `%`, `_`, and `\` match themselves. */
export function searchPattern(term: string): string {
  return `%${fold(term).replaceAll(/[\\%]/g, String.raw`\$&`)}%`;
}

/**
 * Whether a trigram index can find the pattern: it has three letters or digits in a row. For letters outside ASCII, that
 * depends on the locale of the database.
 */
export function hasTrigram(pattern: string): boolean {
  return /[a-zA-Z0-9]{3}/.test(pattern);
}

/**
 * Replaces separators by capital letters, which case-folded text doesn't contain. PostgreSQL's trigrams consist of letters
 * and digits only, so the trigrams of `io.github.se` would be those that most names have, without `.se`. The letters are
 * rare ones, because trigrams ignore case.
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
 * Unicode lower case, independent of the machine and the locale of the database. A final sigma becomes an ordinary one,
 * because the end of a term needn't be the end of a word.
 */
function foldCase(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}
