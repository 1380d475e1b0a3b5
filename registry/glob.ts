/**
 * Patterns over whole texts, as people write them for the names of servers:
 *
 * - `*` any characters, none included, and a slash is a character like any other; `?` exactly one character
 * - `[a-z]` one character of a class, `[!a-z]` or `[^a-z]` one that is not in it
 * - `{a,b}` one of several patterns, which may be nested
 * - `\` takes the special meaning from the next character
 *
 * Case counts. Matching takes at most (length of the pattern × length of the text) steps: names come from upstreams,
 * and none of them may keep a worker busy.
 */

/** What one position of a pattern without braces accepts: any characters, one character, or one of a class. */
export type Token = typeof ANY_CHARACTERS | string | ((character: string) => boolean);
export const ANY_CHARACTERS = Symbol('*');

/** The longest pattern, in characters: names have 200 at most. */
const MAX_PATTERN_LENGTH = 512;
/** Braces multiply: a pattern that stands for more texts than this is a mistake. */
const MAX_ALTERNATIVES = 1000;
/** Positions of all these texts together; matching takes time in proportion to them. */
const MAX_POSITIONS = 10_000;

export class GlobError extends Error {
  override readonly name = 'GlobError';
}

/**
 * A function that tells whether a text matches.
 *
 * @throws GlobError that says what is wrong with the pattern
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const alternatives = parseGlob(pattern);
  return (text) => {
    const characters = Array.from(text);
    return alternatives.some((tokens) => matches(tokens, characters));
  };
}

/**
 * The pattern without braces: each of the token lists is one way to match.
 *
 * @throws GlobError that says what is wrong with the pattern
 */
export function parseGlob(pattern: string): Token[][] {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new GlobError(`the pattern has more than ${MAX_PATTERN_LENGTH} characters`);
  }
  return new GlobParser(pattern).parse();
}

/** Whether a position that is not `*` takes a character. */
export function accepts(token: Exclude<Token, typeof ANY_CHARACTERS>, character: string): boolean {
  return typeof token === 'string' ? token === character : token(character);
}

/** Goes back to the last `*` only: an earlier one can't help where the last one, which takes anything, could not. */
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
      throw new GlobError(`"${rest}" has no opening brace before it; write "\\${rest}" for the character itself`);
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
      throw new GlobError('there is nothing after the last "\\"');
    }
    return character;
  }

  /** Up to the end of the pattern, or inside braces up to the comma or brace that ends it. */
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
        throw new GlobError('"]" has no "[" before it; write "\\]" for the character itself');
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
        throw new GlobError('"{" has no "}" after it; write "\\{" for the character itself');
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
      throw new GlobError('"[]" holds no character; write "\\[" for the character itself');
    }
    return (character) => ranges.some(({ from, to }) => from <= character && character <= to) !== negated;
  }

  /** A character of a class, or undefined at its end. */
  #classCharacter(): string | undefined {
    const character = this.#next();
    if (character === undefined) {
      throw new GlobError('"[" has no "]" after it; write "\\[" for the character itself');
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
    throw new GlobError(`the braces stand for more than ${MAX_ALTERNATIVES} patterns`);
  }
  const positions = positionsOf(beginnings) * ends.length + positionsOf(ends) * beginnings.length;
  if (positions > MAX_POSITIONS) {
    throw new GlobError(`the texts that the braces stand for have more than ${MAX_POSITIONS} characters together`);
  }
  return beginnings.flatMap((beginning) => ends.map((end) => [...beginning, ...end]));
}

/** Positions of all texts that the braces of a pattern stand for: what matching it against a name costs. */
export function globCost(pattern: string): number {
  return positionsOf(parseGlob(pattern));
}

function positionsOf(alternatives: readonly Token[][]): number {
  return alternatives.reduce((sum, tokens) => sum + tokens.length, 0);
}
