/**
 * Makes untrusted text safe for a terminal. Control characters and bidirectional formatting characters, which could
 * move the cursor or disguise text, are escaped as in JSON.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) =>
    character === '\n' || character === '\t' ? character : spelledOut(character),
  );
}

function spelledOut(character: string): string {
  return String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
