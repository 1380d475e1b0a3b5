/**
 * Patterns over the paths of files, with the syntax of glob.ts, where `*`, `?` and classes stay within a segment:
 *
 * - `*` any characters but a slash; `**` as a whole segment any number of segments, none included
 *
 * Names that begin with a dot are matched like any other. Matching follows all possibilities at once, so that it takes
 * at most (length of the pattern × length of the path) steps: the paths come from a stranger's repository. That is why
 * no library is used: those that exist make a regular expression of the pattern, and those can take exponential time.
 */
import { accepts, ANY_CHARACTERS, GlobError, parseGlob, type Token } from './glob.ts';

/** `**` in front of a slash, with the slash, and at the end of a pattern. */
const ANY_SEGMENTS = Symbol('**/');
const REST = Symbol('**');
type PathToken = Token | typeof ANY_SEGMENTS | typeof REST;

const SEPARATOR = '/';
const EXTENDED_GLOB = /[!?+*@]\(/;
const NUMERIC_RANGE = /\{[^{},]*\.\.[^{},]*\}/;

/** Whether a path is a pattern, not the name of one file. */
export function isPathGlob(path: string): boolean {
  return /[*?[{\\]|[+@!]\(/.test(path);
}

/** The folder in which all paths lie that match a pattern, without a slash at its end; empty for the root. */
export function fixedFolder(pattern: string): string {
  const [fixed = ''] = pattern.split(/[*?[{\\]/, 1);
  return fixed.slice(0, Math.max(0, fixed.lastIndexOf(SEPARATOR)));
}

/**
 * A function that tells whether the path of a file matches.
 *
 * @throws GlobError that says what is wrong with the pattern
 */
export function compilePathGlob(pattern: string): (path: string) => boolean {
  if (EXTENDED_GLOB.test(pattern)) {
    throw new GlobError('extended globs such as `@(a|b)` are not supported: use braces, as in `{a,b}`');
  }
  if (NUMERIC_RANGE.test(pattern)) {
    throw new GlobError('ranges such as `{1..3}` are not supported: list what is meant, as in `{1,2,3}`');
  }
  if (pattern.startsWith('!'))
    throw new GlobError('a pattern cannot be negated; write "\\\\!" for the character itself');
  const alternatives = parseGlob(pattern).map(pathTokens);
  return (path) => {
    const characters = Array.from(path);
    return alternatives.some((tokens) => matches(tokens, characters));
  };
}

/** What is wrong with the path of a git source where it is a pattern, or null. */
export function badPathPattern(path: string): string | null {
  if (!isPathGlob(path)) return null;
  try {
    compilePathGlob(path);
    return null;
  } catch (error) {
    if (error instanceof GlobError) return error.message;
    throw error;
  }
}

function pathTokens(tokens: readonly Token[]): PathToken[] {
  const result: PathToken[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]!;
    if (token !== ANY_CHARACTERS) {
      result.push(token);
      continue;
    }
    const beginsSegment = at === 0 || tokens[at - 1] === SEPARATOR;
    const start = at;
    while (tokens[at + 1] === ANY_CHARACTERS) at += 1;
    const next = tokens[at + 1];
    if (at === start || !beginsSegment || (next !== undefined && next !== SEPARATOR)) result.push(ANY_CHARACTERS);
    else if (next === undefined) result.push(REST);
    else {
      result.push(ANY_SEGMENTS);
      at += 1;
    }
  }
  return result;
}

/** Holds for each position of the pattern whether what was read of the path may have led there. */
function matches(tokens: readonly PathToken[], characters: readonly string[]): boolean {
  let reached = new Uint8Array(tokens.length + 1);
  let next = new Uint8Array(tokens.length + 1);
  enter(tokens, reached, 0);
  for (const character of characters) {
    next.fill(0);
    for (let position = 0; position < tokens.length; position += 1) {
      if (reached[position] === 1) step(tokens, next, { position, character });
    }
    [reached, next] = [next, reached];
  }
  return reached[tokens.length] === 1;
}

/** Reaches a position, and those behind it that need no character. */
function enter(tokens: readonly PathToken[], reached: Uint8Array, position: number): void {
  for (let at = position; ; at += 1) {
    reached[at] = 1;
    const token = tokens[at];
    if (token !== ANY_CHARACTERS && token !== ANY_SEGMENTS && token !== REST) return;
  }
}

function step(
  tokens: readonly PathToken[],
  next: Uint8Array,
  { position, character }: { readonly position: number; readonly character: string },
): void {
  const token = tokens[position]!;
  const isSeparator = character === SEPARATOR;
  if (token === REST) enter(tokens, next, position);
  else if (token === ANY_SEGMENTS) {
    // Only behind a slash may the pattern go on.
    if (isSeparator) enter(tokens, next, position);
    else next[position] = 1;
  } else if (token === ANY_CHARACTERS) {
    if (!isSeparator) enter(tokens, next, position);
  } else if (typeof token === 'string' ? token === character : !isSeparator && accepts(token, character)) {
    enter(tokens, next, position + 1);
  }
}
