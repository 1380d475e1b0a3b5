/**
 * Rows in the binary format of `COPY … FROM STDIN`, which needs no escaping. Add the columns of a row in order: missing
 * columns aren't detected.
 */
import { microseconds } from '../../registry/timestamp.ts';
import { withoutNul } from './stored-text.ts';

/** Signature, no flags, no header extension. */
const HEADER = Buffer.from('PGCOPY\n\u00ff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** In place of the length of a column. */
const NULL = -1;
/** In place of the number of columns of a row. */
const END_OF_ROWS = -1;
const TEXT_TYPE = 25;
/** The epoch of Postgres, 2000-01-01, in microseconds since 1970. */
const POSTGRES_EPOCH = BigInt(Date.UTC(2000, 0)) * 1000n;

/** Size of the buffers for rows. A text that may be larger gets its own buffer. */
const PAGE_BYTES = 256 * 1024;
const BYTES_PER_CODE_UNIT = 3;

export class CopyRows {
  readonly #pages: Buffer[] = [];
  #page = Buffer.allocUnsafeSlow(PAGE_BYTES);
  #end = HEADER.copy(this.#page);

  beginRow(columns: number): void {
    this.#reserve(2);
    this.#end = this.#page.writeInt16BE(columns, this.#end);
  }

  /** A `text`. NUL characters are removed, because Postgres can't store them. */
  addText(text: string | null): void {
    if (text === null) return this.#addNull();
    this.#reserve(roomFor(text));
    this.#writeText(text);
  }

  /** A `text[]`. */
  addTexts(texts: readonly string[]): void {
    this.#reserve(24 + texts.reduce((room, text) => room + roomFor(text), 0));
    const start = this.#end;
    const dimensions = texts.length === 0 ? [] : [texts.length, 1];
    this.#writeInt32(0, dimensions.length / 2, 0, TEXT_TYPE, ...dimensions);
    for (const text of texts) this.#writeText(text);
    this.#page.writeInt32BE(this.#end - start - 4, start);
  }

  /** A `bytea`. */
  addBytes(bytes: Uint8Array): void {
    this.#reserve(4 + bytes.length);
    this.#writeInt32(bytes.length);
    this.#page.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** A `boolean`. */
  addBoolean(value: boolean): void {
    this.#reserve(5);
    this.#writeInt32(1);
    this.#end = this.#page.writeUInt8(value ? 1 : 0, this.#end);
  }

  /** A `bigint`, given as decimal text. */
  addBigInt(number: string): void {
    this.#addInt64(BigInt(number));
  }

  /** A `timestamptz`, given as RFC 3339. */
  addTimestamp(timestamp: string | null): void {
    if (timestamp === null) return this.#addNull();
    this.#addInt64(microseconds(timestamp) - POSTGRES_EPOCH);
  }

  /** Returns all buffers in order. Nothing can be added afterwards. */
  finish(): readonly Buffer[] {
    this.beginRow(END_OF_ROWS);
    return [...this.#pages, this.#page.subarray(0, this.#end)];
  }

  #addNull(): void {
    this.#reserve(4);
    this.#writeInt32(NULL);
  }

  #addInt64(number: bigint): void {
    this.#reserve(12);
    this.#writeInt32(8);
    this.#end = this.#page.writeBigInt64BE(number, this.#end);
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#page.length) return;
    this.#pages.push(this.#page.subarray(0, this.#end));
    this.#page = Buffer.allocUnsafeSlow(Math.max(bytes, PAGE_BYTES));
    this.#end = 0;
  }

  #writeInt32(...numbers: readonly number[]): void {
    for (const number of numbers) this.#end = this.#page.writeInt32BE(number, this.#end);
  }

  #writeText(text: string): void {
    const length = this.#page.write(withoutNul(text), this.#end + 4);
    this.#writeInt32(length);
    this.#end += length;
  }
}

function roomFor(text: string): number {
  return 4 + text.length * BYTES_PER_CODE_UNIT;
}
