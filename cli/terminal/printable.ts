/**
 * A text for a terminal. What upstreams, publishers and strangers wrote is shown, never obeyed: control characters, which
 * could colour, move or rename things, and those that turn the direction of writing are spelled out, as in JSON.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) =>
    character === '\n' || character === '\t' ? character : spelledOut(character),
  );
}

function spelledOut(character: string): string {
  return String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
