/**
 * Finds duplicate members in a JSON text. Parsers differ in whether they use the first or the last one (RFC 8259,
 * section 4), so a client could read a different server from the same document than the registry does.
 */
import { JsonElements } from './json-elements.ts';
import { jsonPath } from '../json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Returns the path of the first duplicate member, or null.
 *
 * @param text valid JSON
 * @param parsed the result of `JSON.parse`, which keeps the last of duplicate members
 */
export function duplicateMember(text: string, parsed: unknown): string | null {
  return membersInText(text) === membersInValue(parsed) ? null : findDuplicate(text);
}

/** Error message for a duplicate member, to follow its path. */
export const DUPLICATE_MESSAGE = 'is a duplicate, and parsers differ in which one they use';

/** Counts members by their colons outside strings. */
function membersInText(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === COLON) members += 1;
    else if (character === QUOTE) at = endOfString(text, at);
  }
  return members;
}

/** Returns the position of the closing quote. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function membersInValue(value: unknown): number {
  // Iterative, because the value may be nested deeper than the stack allows.
  const waiting = [value];
  let members = 0;
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inner: unknown[] = Object.values(next);
    if (!Array.isArray(next)) members += inner.length;
    for (const element of inner) if (typeof element === 'object') waiting.push(element);
  }
  return members;
}

function findDuplicate(text: string): string {
  const namesByDepth: Set<string>[] = [];
  let duplicate: string | undefined;
  const elements = new JsonElements({
    select: (path, kind) => {
      const name = path.at(-1);
      if (typeof name === 'string') {
        const names = namesByDepth[path.length - 1]!;
        if (names.has(name)) duplicate ??= jsonPath(path);
        names.add(name);
      }
      if (kind === 'object') namesByDepth[path.length] = new Set();
      return 'enter';
    },
  });
  try {
    elements.push(new TextEncoder().encode(text));
  } catch {
    // A member name is too long to scan. The counts have already shown that there is a duplicate.
  }
  return duplicate ?? 'a member';
}
