/** What separates the fields: a match never spans two of them. */
const FIELD_SEPARATOR = '\u001f';

/** The text in which a search looks for its term: case-folded name, title and description. */
export function searchText(entry: {
  readonly name: string;
  readonly title: string | null;
  readonly description: string;
}): string {
  return [entry.name, entry.title ?? '', entry.description].map(foldCase).join(FIELD_SEPARATOR);
}

/**
 * The `LIKE` pattern that finds a term anywhere in a search text, whatever its case; `%`, `_` and `\` are themselves.
 */
export function searchPattern(term: string): string {
  return `%${foldCase(term).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}

/**
 * Lower case as Unicode has it, the same on every machine and in every locale of the database. A sigma at the end of a
 * word is folded into the ordinary one, since the end of a term need not be the end of a word.
 */
function foldCase(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}
