/**
 * Globs that match whole texts, for server names:
 *
 * - `*` matches any number of characters, including slashes; `?` matches exactly one character
 * - `[a-z]` matches one character of a class; `[!a-z]` or `[^a-z]` matches one character outside it
 * - `{a,b}` matches one of several patterns, which can be nested
 * - `\` escapes the next character
 *
 * Globs are case-sensitive. Matching takes at most (length of the pattern × length of the text) steps, so that names
 * from untrusted upstreams can't keep a worker busy.
 */

/** One position of a pattern without braces: any characters, a specific character, or a character class. */
export type Token = typeof ANY_CHARACTERS | string | ((character: string) => boolean);
export const ANY_CHARACTERS = Symbol('*');

/** Maximum length of a pattern in characters. Names have at most 200. */
const MAX_PATTERN_LENGTH = 512;
/** Braces multiply. A pattern that expands to more alternatives is probably a mistake. */
const MAX_ALTERNATIVES = 1000;
/** Maximum total positions of all alternatives. Matching time is proportional to it. */
const MAX_POSITIONS = 10_000;

export class GlobError extends Error {
  override readonly name = 'GlobError';
}

/** Returns the fault of the pattern that `compile` compiles, or null. */
export function globFault(compile: () => unknown): string | null {
  try {
    compile();
    return null;
  } catch (error) {
    if (error instanceof GlobError) return error.message;
    throw error;
  }
}

/**
 * Compiles a glob to a matching function.
 *
 * @throws GlobError if the pattern is invalid
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const alternatives = parseGlob(pattern);
  return (text) => {
    const characters = Array.from(text);
    return alternatives.some((tokens) => matches(tokens, characters));
  };
}

/**
 * Expands the braces of a pattern. Each returned list of tokens is one alternative.
 *
 * @throws GlobError if the pattern is invalid
 */
export function parseGlob(pattern: string): Token[][] {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new GlobError(`the pattern has more than ${MAX_PATTERN_LENGTH} characters`);
  }
  return new GlobParser(pattern).parse();
}

/** Whether a token other than `*` accepts a character. */
export function accepts(token: Exclude<Token, typeof ANY_CHARACTERS>, character: string): boolean {
  return typeof token === 'string' ? token === character : token(character);
}

/** Backtracks only to the last `*`, which accepts everything that an earlier one could. */
function matches(tokens: readonly Token[], characters: readonly string[]): boolean {
  let token = 0;
  let position = 0;
  let retry: { token: number; position: number } | undefined;
  while (position < characters.length) {
    const expected = tokens[token];
    if (expected === ANY_CHARACTERS) {
      token += 1;
      retry = { token, position };
    } else if (expected !== undefined && accepts(expected, characters[position] as string)) {
      token += 1;
      position += 1;
    } else if (retry !== undefined) {
      retry.position += 1;
      ({ token, position } = retry);
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rest === ANY_CHARACTERS);
}

class GlobParser {
  readonly #characters: readonly string[];
  #position = 0;

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  parse(): Token[][] {
    const alternatives = this.#sequence();
    const rest = this.#characters[this.#position];
    if (rest !== undefined) {
      throw new GlobError(`"${rest}" has no opening brace before it; write "\\${rest}" for a literal brace`);
    }
    return alternatives;
  }

  #next(): string | undefined {
    const character = this.#characters[this.#position];
    this.#position += 1;
    return character;
  }

  #escaped(): string {
    const character = this.#next();
    if (character === undefined) {
      throw new GlobError('the pattern ends with an unfinished escape "\\"');
    }
    return character;
  }

  /** Parses to the end of the pattern or, inside braces, to the next comma or closing brace. */
  #sequence(depth = 0): Token[][] {
    let alternatives: Token[][] = [[]];
    for (;;) {
      const character = this.#characters[this.#position];
      if (character === undefined || character === '}' || (character === ',' && depth > 0)) {
        return alternatives;
      }
      this.#position += 1;
      alternatives = combine(alternatives, this.#part(character, depth));
    }
  }

  #part(character: string, depth: number): Token[][] {
    switch (character) {
      case '*':
        return [[ANY_CHARACTERS]];
      case '?':
        return [[() => true]];
      case '[':
        return [[this.#class()]];
      case ']':
        throw new GlobError('"]" has no "[" before it; write "\\]" for a literal bracket');
      case '{':
        return this.#braces(depth + 1);
      case '\\':
        return [[this.#escaped()]];
      default:
        return [[character]];
    }
  }

  #braces(depth: number): Token[][] {
    const alternatives = this.#sequence(depth);
    for (;;) {
      const end = this.#next();
      if (end === undefined) {
        throw new GlobError('"{" has no "}" after it; write "\\{" for a literal brace');
      }
      if (end === '}') {
        return alternatives;
      }
      alternatives.push(...this.#sequence(depth));
    }
  }

  #class(): Token {
    const ranges: { from: string; to: string }[] = [];
    const negated = ['!', '^'].includes(this.#characters[this.#position] ?? '');
    if (negated) {
      this.#position += 1;
    }
    for (;;) {
      const from = this.#classCharacter();
      if (from === undefined) {
        break;
      }
      ranges.push(this.#range(from));
    }
    if (ranges.length === 0) {
      throw new GlobError('"[]" is an empty class; write "\\[" for a literal bracket');
    }
    return (character) => ranges.some(({ from, to }) => from <= character && character <= to) !== negated;
  }

  /** Returns the next character of a class, or undefined at its end. */
  #classCharacter(): string | undefined {
    const character = this.#next();
    if (character === undefined) {
      throw new GlobError('"[" has no "]" after it; write "\\[" for a literal bracket');
    }
    if (character === ']') {
      return undefined;
    }
    return character === '\\' ? this.#escaped() : character;
  }

  #range(from: string): { from: string; to: string } {
    if (this.#characters[this.#position] !== '-' || this.#characters[this.#position + 1] === ']') {
      return { from, to: from };
    }
    this.#position += 1;
    const to = this.#classCharacter() ?? from;
    if (to < from) {
      throw new GlobError(`the range "${from}-${to}" is empty: its end is before its beginning`);
    }
    return { from, to };
  }
}

function combine(beginnings: readonly Token[][], ends: readonly Token[][]): Token[][] {
  if (beginnings.length * ends.length > MAX_ALTERNATIVES) {
    throw new GlobError(`the braces expand to more than ${MAX_ALTERNATIVES} patterns`);
  }
  const positions = positionsOf(beginnings) * ends.length + positionsOf(ends) * beginnings.length;
  if (positions > MAX_POSITIONS) {
    throw new GlobError(`the patterns that the braces expand to have more than ${MAX_POSITIONS} characters in total`);
  }
  return beginnings.flatMap((beginning) => ends.map((end) => [...beginning, ...end]));
}

/** Returns the total positions of all alternatives of a pattern, which determine the cost of matching. */
export function globCost(pattern: string): number {
  return positionsOf(parseGlob(pattern));
}

function positionsOf(alternatives: readonly Token[][]): number {
  return alternatives.reduce((sum, tokens) => sum + tokens.length, 0);
}
