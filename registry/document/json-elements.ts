/**
 * A push scanner for JSON documents. It enters the containers that its caller selects and returns the raw bytes of the
 * values in them, one at a time, without buffering the document.
 *
 * Streaming parsers build values, and serializing a parsed value doesn't restore its text: integer-like keys change
 * their order, and numbers change their spelling. No maintained library returns raw text at the speed of a disk. The
 * scanner only checks what it needs for finding the end of a value: quotes and brackets inside values, and the full
 * grammar of entered containers. Callers must parse the values they take, which validates them.
 */
import { RollcallError } from '../failure.ts';

/** `scalar`: a number, `true`, `false`, `null`, or invalid JSON. */
export type JsonKind = 'object' | 'array' | 'string' | 'scalar';

/** Member names and array indexes from the root to a value. Empty for the root. */
export type JsonPath = readonly (string | number)[];

/**
 * `enter`: scan the container's values (a value that isn't a container is skipped). `take`: return it. `skip`: ignore
 * it.
 */
export type Selection = 'enter' | 'take' | 'skip';

/** A value that was taken. */
export interface JsonElement {
  readonly path: JsonPath;
  /** The raw bytes of the value. For an oversized value, only the first ones. */
  readonly bytes: Uint8Array;
  /** Size of the value in the document, in bytes. */
  readonly size: number;
  /** The reason why `bytes` must not be parsed: it is truncated or nested too deeply. */
  readonly problem: 'oversized' | 'nested too deeply' | null;
  /** The line where it begins, starting at 1. */
  readonly line: number;
  /** Byte position of its start within the line, from 1. */
  readonly column: number;
  /** Whether it contains no insignificant white space. */
  readonly compact: boolean;
  /** Nesting depth: 0 for a string, 1 for an object of strings. */
  readonly nesting: number;
  /** The offset after its first member that is an object or array. 0 if there is none. */
  readonly firstContainerEnd: number;
}

export interface JsonElementsOptions {
  /** Called once for the root and for each value in an entered container. */
  readonly select: (path: JsonPath, kind: JsonKind) => Selection;
  /** Maximum size of a taken value in bytes, by path. Default 1 MiB. */
  readonly maxBytes?: (path: JsonPath) => number;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;
/** Maximum nesting depth of a taken value. */
const MAX_NESTING = 100;
const MAX_NAME_BYTES = 64 * 1024;
/** Depth inside a value up to which brackets are matched by kind. Deeper brackets are only counted. */
const MATCHED_LEVELS = 1024;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const WHITE_SPACE = byteSet(0x20, 0x09, 0x0d, NEWLINE);
/** Bytes that matter inside a container. */
const IN_CONTAINER = byteSet(QUOTE, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, NEWLINE);
/** Bytes that matter inside a container until the first white space. */
const IN_COMPACT_CONTAINER = IN_CONTAINER.map((looked, byte) => looked | WHITE_SPACE[byte]!);
/** Bytes that matter inside a string. */
const IN_STRING = byteSet(QUOTE, BACKSLASH, NEWLINE);
/** Bytes that end a number or a word. */
const ENDS_SCALAR = byteSet(
  0x20,
  0x09,
  0x0d,
  NEWLINE,
  QUOTE,
  COMMA,
  COLON,
  OPEN_ARRAY,
  CLOSE_ARRAY,
  OPEN_OBJECT,
  CLOSE_OBJECT,
);

/** The next token that the grammar of entered containers allows. */
type Expected =
  | 'a value'
  | 'a value or "]"'
  | 'a member name'
  | 'a member name or "}"'
  | '":"'
  | '"," or "]"'
  | '"," or "}"'
  | 'the end of the document';

/** The value or member name that is being scanned. */
interface OpenValue {
  readonly role: 'name' | 'taken' | 'skipped';
  readonly kind: JsonKind;
  readonly line: number;
  readonly column: number;
  readonly maxBytes: number;
  /** Its bytes from earlier chunks, up to the size limit. */
  readonly kept: Uint8Array[];
  keptBytes: number;
  size: number;
  deepest: number;
  compact: boolean;
  firstContainerEnd: number;
}

export class JsonElements {
  readonly #select: JsonElementsOptions['select'];
  readonly #maxBytes: (path: JsonPath) => number;

  #expected: Expected = 'a value';
  /** For each entered container: its closing byte, and the name or index of the current value. */
  readonly #closers: number[] = [];
  readonly #path: (string | number)[] = [];
  #elements: JsonElement[] = [];

  // The state inside an open value.
  #open: OpenValue | null = null;
  #depth = 0;
  #inString = false;
  #escaped = false;
  readonly #brackets = new Uint8Array(MATCHED_LEVELS);

  /** Total size of the chunks before the current one. */
  #passed = 0;
  #line = 1;
  /** Byte offset of the current line in the document. */
  #lineStart = 0;

  constructor(options: JsonElementsOptions) {
    this.#select = options.select;
    this.#maxBytes = options.maxBytes ?? (() => DEFAULT_MAX_BYTES);
  }

  /**
   * Takes the next chunk of any size and returns the elements that it completes, in order. The scanner keeps a
   * reference to the chunk while one of its elements is incomplete, so don't modify it.
   *
   * @throws RollcallError `DocumentInvalid` with line, column, and byte offset if the document is malformed
   */
  push(chunk: Uint8Array): JsonElement[] {
    this.#elements = [];
    let at = this.#passed < BYTE_ORDER_MARK.length ? this.#skipByteOrderMark(chunk) : 0;
    while (at < chunk.length) {
      at = this.#open === null ? this.#scanStructure(chunk, at) : this.#scanValue(this.#open, chunk, at);
    }
    this.#passed += chunk.length;
    return this.#elements;
  }

  /**
   * Ends the document. Returns the element that only the end completes: a root that is a number or a word.
   *
   * @throws RollcallError `DocumentInvalid` if the document is empty or truncated
   */
  end(): JsonElement[] {
    this.#elements = [];
    if (this.#open?.kind === 'scalar' && this.#closers.length === 0) this.#close(this.#open, new Uint8Array());
    if (this.#expected === 'the end of the document') return this.#elements;
    const untouched = this.#expected === 'a value' && this.#closers.length === 0 && this.#open === null;
    throw new RollcallError(
      'DocumentInvalid',
      untouched ? 'the document is empty' : `the document is truncated: it ends at ${this.#position(0)}`,
    );
  }

  #skipByteOrderMark(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && chunk[at] === BYTE_ORDER_MARK[this.#passed + at]) at += 1;
    return at;
  }

  /** Scans one byte between values, following the grammar of the entered containers. */
  #scanStructure(chunk: Uint8Array, at: number): number {
    const byte = chunk[at]!;
    if (WHITE_SPACE[byte] === 1) {
      if (byte === NEWLINE) this.#newLine(at);
      return at + 1;
    }
    if (byte === this.#closers.at(-1) && this.#mayClose()) return this.#leave(at);
    switch (this.#expected) {
      case 'a value':
      case 'a value or "]"':
        return this.#beginValue(chunk, at);
      case 'a member name':
      case 'a member name or "}"':
        if (byte !== QUOTE) throw this.#unexpected(byte, at);
        return this.#begin('name', 'string', at);
      case '":"':
        if (byte !== COLON) throw this.#unexpected(byte, at);
        this.#expected = 'a value';
        return at + 1;
      case '"," or "]"':
        if (byte !== COMMA) throw this.#unexpected(byte, at);
        this.#path.push((this.#path.pop() as number) + 1);
        this.#expected = 'a value';
        return at + 1;
      case '"," or "}"':
        if (byte !== COMMA) throw this.#unexpected(byte, at);
        this.#expected = 'a member name';
        return at + 1;
      case 'the end of the document':
        break;
    }
    throw this.#unexpected(byte, at);
  }

  #mayClose(): boolean {
    return this.#expected.endsWith('"]"') || this.#expected.endsWith('"}"');
  }

  #beginValue(chunk: Uint8Array, at: number): number {
    const kind = kindOf(chunk[at]!);
    if (kind === null) throw this.#unexpected(chunk[at]!, at);
    const selection = this.#select(this.#path, kind);
    if (selection === 'enter' && (kind === 'object' || kind === 'array')) return this.#enter(kind, at);
    return this.#begin(selection === 'take' ? 'taken' : 'skipped', kind, at);
  }

  #enter(kind: 'object' | 'array', at: number): number {
    this.#closers.push(kind === 'object' ? CLOSE_OBJECT : CLOSE_ARRAY);
    this.#path.push(kind === 'object' ? '' : 0);
    this.#expected = kind === 'object' ? 'a member name or "}"' : 'a value or "]"';
    return at + 1;
  }

  #leave(at: number): number {
    this.#closers.pop();
    this.#path.pop();
    this.#expectAfterValue();
    return at + 1;
  }

  #expectAfterValue(): void {
    const closer = this.#closers.at(-1);
    if (closer === undefined) this.#expected = 'the end of the document';
    else this.#expected = closer === CLOSE_ARRAY ? '"," or "]"' : '"," or "}"';
  }

  /** Opens a value or a member name, without consuming its first byte. */
  #begin(role: OpenValue['role'], kind: JsonKind, at: number): number {
    const maxBytes = role === 'taken' ? this.#maxBytes(this.#path) : MAX_NAME_BYTES;
    this.#open = {
      role,
      kind,
      line: this.#line,
      column: this.#passed + at - this.#lineStart + 1,
      maxBytes,
      kept: [],
      keptBytes: 0,
      size: 0,
      deepest: 0,
      compact: true,
      firstContainerEnd: 0,
    };
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    return at;
  }

  #scanValue(open: OpenValue, chunk: Uint8Array, at: number): number {
    const end = open.kind === 'scalar' ? endOfScalar(chunk, at) : this.#scanNested(open, chunk, at);
    const complete = open.kind === 'scalar' ? end < chunk.length : this.#depth === 0 && !this.#inString;
    const part = chunk.subarray(at, end);
    if (complete) this.#close(open, part);
    else keep(open, part);
    return end;
  }

  /**
   * Scans strings and brackets until the value is complete, and returns the offset after it. This loop handles nearly
   * all bytes of a document, so it keeps its state in local variables and skips plain bytes with lookup tables.
   */
  #scanNested(open: OpenValue, chunk: Uint8Array, from: number): number {
    const { length } = chunk;
    let inContainer = open.compact ? IN_COMPACT_CONTAINER : IN_CONTAINER;
    let at = from;
    let depth = this.#depth;
    let inString = this.#inString;
    if (this.#escaped) {
      this.#escaped = false;
      at += 1;
    }
    while (at < length) {
      if (inString) {
        while (at < length && IN_STRING[chunk[at]!] === 0) at += 1;
        if (at === length) break;
        const byte = chunk[at]!;
        at += 1;
        if (byte === QUOTE) {
          inString = false;
          if (depth === 0) break;
        } else if (byte === NEWLINE) this.#newLine(at - 1);
        else if (at < length) at += 1;
        else this.#escaped = true;
        continue;
      }
      while (at < length && inContainer[chunk[at]!] === 0) at += 1;
      if (at === length) break;
      const byte = chunk[at]!;
      if (byte === QUOTE) inString = true;
      else if (WHITE_SPACE[byte] === 1) {
        open.compact = false;
        inContainer = IN_CONTAINER;
        if (byte === NEWLINE) this.#newLine(at);
      } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        // In ASCII, a closing bracket is its opening bracket plus two.
        if (depth < MATCHED_LEVELS) this.#brackets[depth] = byte + 2;
        depth += 1;
        if (depth > open.deepest) open.deepest = depth;
      } else {
        depth -= 1;
        if (depth < MATCHED_LEVELS && this.#brackets[depth] !== byte) {
          throw this.#invalid(`found ${printable(byte)} where ${printable(this.#brackets[depth]!)} was due`, at);
        }
        if (depth === 1 && open.firstContainerEnd === 0) open.firstContainerEnd = open.size + at + 1 - from;
        if (depth === 0) {
          at += 1;
          break;
        }
      }
      at += 1;
    }
    this.#depth = depth;
    this.#inString = inString;
    return at;
  }

  #close(open: OpenValue, lastPart: Uint8Array): void {
    keep(open, lastPart);
    this.#open = null;
    const bytes = open.kept.length === 1 ? open.kept[0]! : joined(open.kept, open.keptBytes);
    if (open.role === 'name') {
      this.#path[this.#path.length - 1] = this.#memberName(open, bytes);
      this.#expected = '":"';
      return;
    }
    if (open.role === 'taken') {
      const { size, line, column, compact, deepest: nesting, firstContainerEnd } = open;
      const problem = this.#problemOf(open);
      const path = [...this.#path];
      this.#elements.push({ path, bytes, size, problem, line, column, compact, nesting, firstContainerEnd });
    }
    this.#expectAfterValue();
  }

  #problemOf(open: OpenValue): JsonElement['problem'] {
    if (open.size > open.maxBytes) return 'oversized';
    return open.deepest > MAX_NESTING ? 'nested too deeply' : null;
  }

  #memberName(open: OpenValue, bytes: Uint8Array): string {
    if (open.size > open.maxBytes) {
      throw new RollcallError('DocumentInvalid', `a member name on line ${open.line} has ${open.size} bytes`);
    }
    try {
      return JSON.parse(UTF_8.decode(bytes)) as string;
    } catch (error) {
      throw new RollcallError('DocumentInvalid', `a member name on line ${open.line} isn't valid JSON in UTF-8`, {
        cause: error,
      });
    }
  }

  #newLine(at: number): void {
    this.#line += 1;
    this.#lineStart = this.#passed + at + 1;
  }

  #unexpected(byte: number, at: number): RollcallError {
    return this.#invalid(`found ${printable(byte)} where ${this.#expected} was due`, at);
  }

  #invalid(what: string, at: number): RollcallError {
    return new RollcallError('DocumentInvalid', `the document isn't valid JSON: ${what}, at ${this.#position(at)}`);
  }

  #position(at: number): string {
    const offset = this.#passed + at;
    return `line ${this.#line}, column ${offset - this.#lineStart + 1} (byte ${offset})`;
  }
}

function byteSet(...bytes: number[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const byte of bytes) set[byte] = 1;
  return set;
}

function kindOf(firstByte: number): JsonKind | null {
  if (firstByte === OPEN_OBJECT) return 'object';
  if (firstByte === OPEN_ARRAY) return 'array';
  if (firstByte === QUOTE) return 'string';
  return ENDS_SCALAR[firstByte] === 1 ? null : 'scalar';
}

function endOfScalar(chunk: Uint8Array, from: number): number {
  let at = from;
  while (at < chunk.length && ENDS_SCALAR[chunk[at]!] === 0) at += 1;
  return at;
}

/** Adds bytes to a value. They always count towards its size, but are only kept up to the limit. */
function keep(open: OpenValue, part: Uint8Array): void {
  open.size += part.length;
  if (open.role === 'skipped' || part.length === 0) return;
  const room = open.maxBytes - open.keptBytes;
  if (room <= 0) return;
  const fitting = part.length > room ? part.subarray(0, room) : part;
  open.kept.push(fitting);
  open.keptBytes += fitting.length;
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function printable(byte: number): string {
  if (byte >= 0x21 && byte <= 0x7e) return JSON.stringify(String.fromCharCode(byte));
  return `the byte 0x${byte.toString(16).padStart(2, '0')}`;
}
