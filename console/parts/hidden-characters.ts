/** Characters that are invisible or change how the text around them is read. */

/** A hidden character, by its code: `U+202E`. */
export interface HiddenCharacter {
  readonly code: string;
}

/**
 * Control characters, format characters such as marks of direction and zero-width spaces, separators of lines and
 * paragraphs, lone surrogates, and everything that is invisible by default. Line breaks and tabs stay, and so do U+FE0F
 * and a joiner after an emoji, which are parts of one visible sign.
 */
const HIDDEN =
  /(?!\t|\n|\u{200D}|\u{FE0F})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]|(?<!\p{Extended_Pictographic}(?:\u{FE0F}|\p{Emoji_Modifier})*)\u{200D}/gu;

/** The text, cut after `limit` characters, with its hidden characters apart. */
export function splitText(text: string, limit: number): readonly (string | HiddenCharacter)[] {
  const shown = text.length > limit ? `${text.slice(0, limit)}…` : text;
  const parts: (string | HiddenCharacter)[] = [];
  let end = 0;
  for (const { 0: character, index } of shown.matchAll(HIDDEN)) {
    if (index > end) parts.push(shown.slice(end, index));
    parts.push({ code: `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}` });
    end = index + character.length;
  }
  if (end < shown.length) parts.push(shown.slice(end));
  return parts;
}

/** The text with hidden characters written as their codes, for attributes and titles. */
export function visibleText(text: string, limit: number): string {
  return splitText(text, limit)
    .map((part) => (typeof part === 'string' ? part : `[${part.code}]`))
    .join('');
}
