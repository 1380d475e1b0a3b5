/**
 * Members that an object in a JSON text has twice. Some readers take the first and some the last, so that a document
 * could be one server for the registry and another for a client (RFC 8259, section 4).
 */
import { JsonElements } from './json-elements.ts';
import { jsonPath } from './json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * The path of the first member that is there twice, or null.
 *
 * @param text valid JSON
 * @param parsed what `JSON.parse` makes of the text, in which the last of such members is left
 */
export function duplicateMember(text: string, parsed: unknown): string | null {
  return membersInText(text) === membersInValue(parsed) ? null : findDuplicate(text);
}

/** What is wrong with a document that has the member twice, to be read after its path. */
export const DUPLICATE_MESSAGE = 'is there twice, and readers differ in which one they take';

/** Each member has one colon that is not inside a string. */
function membersInText(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === COLON) members += 1;
    else if (character === QUOTE) at = endOfString(text, at);
  }
  return members;
}

/** The position of the closing quote. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function membersInValue(value: unknown): number {
  // Not by recursion: the value may be nested deeper than the stack.
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
    elements.push(Buffer.from(text));
  } catch {
    // The name of a member is too long to be looked at: that there is a duplicate is known already.
  }
  return duplicate ?? 'a member';
}
