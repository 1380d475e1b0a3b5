/**
 * Globs for file paths, with the syntax of glob.ts, except that `*`, `?`, and classes don't match slashes:
 *
 * - `*` matches any characters except a slash; `**` as a whole segment matches any number of segments
 *
 * Names that begin with a dot aren't special. Matching follows all alternatives at once and takes at most (length of
 * the pattern × length of the path) steps, because the paths come from untrusted repositories. Existing libraries turn
 * patterns into regular expressions, which can take exponential time.
 */
import { accepts, ANY_CHARACTERS, GlobError, globFault, parseGlob, type Token } from './glob.ts';

/** `**` with its following slash, or at the end of a pattern. */
const ANY_SEGMENTS = Symbol('**/');
const REST = Symbol('**');
type PathToken = Token | typeof ANY_SEGMENTS | typeof REST;

const SEPARATOR = '/';
const EXTENDED_GLOB = /[!?+*@]\(/;
const NUMERIC_RANGE = /\{[^{},]*\.\.[^{},]*\}/;

/** Whether a path is a pattern instead of a file name. */
export function isPathGlob(path: string): boolean {
  return /[*?[{\\]|[+@!]\(/.test(path);
}

/** Returns the folder of all paths that match a pattern, without a trailing slash. Empty for the root. */
export function fixedFolder(pattern: string): string {
  const [fixed = ''] = pattern.split(/[*?[{\\]/, 1);
  return fixed.slice(0, Math.max(0, fixed.lastIndexOf(SEPARATOR)));
}

/**
 * Compiles a path glob to a matching function.
 *
 * @throws GlobError if the pattern is invalid
 */
export function compilePathGlob(pattern: string): (path: string) => boolean {
  if (EXTENDED_GLOB.test(pattern)) {
    throw new GlobError("extended globs such as `@(a|b)` aren't supported; use braces, as in `{a,b}`");
  }
  if (NUMERIC_RANGE.test(pattern)) {
    throw new GlobError("ranges such as `{1..3}` aren't supported; list all values, as in `{1,2,3}`");
  }
  if (pattern.startsWith('!'))
    throw new GlobError('a pattern can\'t be negated; write "\\\\!" for a literal exclamation mark');
  const alternatives = parseGlob(pattern).map(pathTokens);
  return (path) => {
    const characters = Array.from(path);
    return alternatives.some((tokens) => matches(tokens, characters));
  };
}

/** Returns the fault of the path of a Git source if it is a pattern, or null. */
export function badPathPattern(path: string): string | null {
  return isPathGlob(path) ? globFault(() => compilePathGlob(path)) : null;
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

/** Simulates an automaton: for each position of the pattern, whether the path so far can lead there. */
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

/** Marks a position and the positions after it that are reachable without a character. */
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
    // The pattern can continue only after a slash.
    if (isSeparator) enter(tokens, next, position);
    else next[position] = 1;
  } else if (token === ANY_CHARACTERS) {
    if (!isSeparator) enter(tokens, next, position);
  } else if (typeof token === 'string' ? token === character : !isSeparator && accepts(token, character)) {
    enter(tokens, next, position + 1);
  }
}
