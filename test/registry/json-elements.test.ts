import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RollcallError } from '../../registry/failure.ts';
import { type JsonElement, JsonElements, type JsonElementsOptions } from '../../registry/document/json-elements.ts';

/** Only available if the process was started with a flag. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Takes everything below the root's containers, to `depth` levels. */
function takeAt(depth: number): JsonElementsOptions['select'] {
  return (path, kind) => (path.length < depth && (kind === 'object' || kind === 'array') ? 'enter' : 'take');
}

function scan(bytes: Uint8Array, options: JsonElementsOptions & { readonly cuts?: readonly number[] }): JsonElement[] {
  const elements = new JsonElements(options);
  const found: JsonElement[] = [];
  let from = 0;
  for (const cut of [...(options.cuts ?? []), bytes.length]
    .map((at) => Math.min(at, bytes.length))
    .sort((a, b) => a - b)) {
    // A copy: the scanner's results must not depend on the bytes that follow.
    found.push(...elements.push(Uint8Array.from(bytes.subarray(from, cut))));
    from = cut;
  }
  return [...found, ...elements.end()];
}

function text({ bytes }: JsonElement): string {
  return Buffer.from(bytes).toString();
}

/** The paths and values that `scan` should find, in order. */
function leaves(value: unknown, depth: number, path: (string | number)[] = []): [(string | number)[], unknown][] {
  if (path.length >= depth || typeof value !== 'object' || value === null) return [[path, value]];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return members.flatMap(([key, member]) => leaves(member, depth, [...path, key]));
}

function nestingOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(nestingOf));
}

const chunking = fc.array(fc.nat(400), { maxLength: 30 });

describe('the scanner', () => {
  test('finds how a value is written, however the document is split', () => {
    const cases = fc.record({
      value: fc.jsonValue({ maxDepth: 5 }),
      cuts: chunking,
      space: fc.constantFrom(undefined, 1, '\t'),
    });
    fc.assert(
      fc.property(cases, ({ value, cuts, space }) => {
        const written = JSON.stringify([value, 0], null, space);
        const [element] = scan(Buffer.from(written), { select: takeAt(1), cuts });
        expect(element).toMatchObject({
          compact: text(element!) === JSON.stringify(value),
          nesting: nestingOf(value),
        });
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['{"a":{"b":{}},"c":[]}', '{"a":{"b":{}}'],
    ['{"a":"{}","c":[1]}', '{"a":"{}","c":[1]'],
    ['["é", {}]', '["é", {}'],
    ['{"a":1}', ''],
    ['"{}"', ''],
  ])('finds where the first container in %s ends', (document, before) => {
    for (let cut = 0; cut < document.length; cut += 1) {
      const [element] = scan(Buffer.from(document), { select: () => 'take', cuts: [cut] });
      expect(element!.firstContainerEnd).toBe(Buffer.byteLength(before));
    }
  });

  test('finds the same values as JSON.parse, however the document is split', () => {
    const cases = fc.record({
      value: fc.jsonValue({ maxDepth: 5 }),
      depth: fc.nat(3),
      cuts: chunking,
      space: fc.constantFrom(undefined, 1, '\t'),
    });
    fc.assert(
      fc.property(cases, ({ value, depth, cuts, space }) => {
        // Through JSON.parse, which puts integer-like keys first, like Object.entries.
        const document = JSON.parse(JSON.stringify(value)) as unknown;
        const elements = scan(Buffer.from(JSON.stringify(document, null, space)), { select: takeAt(depth), cuts });
        const found = elements.map((element) => [element.path, JSON.parse(text(element))]);
        expect(found).toEqual(leaves(document, depth));
      }),
      { numRuns: 1_000 },
    );
  });

  test('reports the fault of a damaged document or finds its values, and never hangs', () => {
    const cases = fc.record({ value: fc.jsonValue(), at: fc.nat(200), byte: fc.nat(255), cuts: chunking });
    fc.assert(
      fc.property(cases, ({ value, at, byte, cuts }) => {
        const bytes = Buffer.from(JSON.stringify(value));
        bytes[at % bytes.length] = byte;
        let failure = 'DocumentInvalid';
        try {
          scan(bytes, { select: takeAt(2), cuts });
        } catch (error) {
          failure = (error as RollcallError).type;
        }
        expect(failure).toBe('DocumentInvalid');
      }),
      { numRuns: 1_000 },
    );
  });

  test('returns the raw text: key order, numbers, and escapes are unchanged', () => {
    const raw = String.raw`{"10": 1, "2": 1.50e+2, "é\u00e9\"\\": "\ud83d\ude00 [}" }`;
    expect(scan(Buffer.from(`[ ${raw} ,-0]`), { select: takeAt(1) }).map(text)).toEqual([raw, '-0']);
  });

  test('accepts a byte order mark, whole or split', () => {
    for (const cuts of [[], [1], [2], [1, 2, 3, 4]]) {
      expect(scan(Buffer.from('\ufeff[1]'), { select: takeAt(1), cuts }).map(text)).toEqual(['1']);
    }
  });

  test('reports the line where an element begins', () => {
    const document = '[\n  {"a":\n 1},\n\n  {"b": "x\\n"},\n3]';
    expect(scan(Buffer.from(document), { select: takeAt(1) }).map(({ line }) => line)).toEqual([2, 5, 6]);
  });

  test('returns the start of an oversized element and continues after it', () => {
    const large = JSON.stringify({ name: 'large', text: 'x'.repeat(500) });
    const bytes = Buffer.from(`[{"name":"small"},${large},{"name":"last"}]`);
    const found = scan(bytes, { select: takeAt(1), maxBytes: () => 100, cuts: [40, 90, 300] });
    expect(found.map(({ problem }) => problem)).toEqual([null, 'oversized', null]);
    expect(found[1]).toMatchObject({ size: large.length });
    expect(found[1]!.bytes.length).toBe(100);
    expect(text(found[2]!)).toBe('{"name":"last"}');
  });

  test('keeps no more of an endless element than allowed', async () => {
    const elements = new JsonElements({ select: takeAt(1), maxBytes: () => 1_000 });
    elements.push(Buffer.from('["'));
    const pushed: WeakRef<ArrayBufferLike>[] = [];
    for (let count = 0; count < 2_000; count += 1) {
      const bytes = Buffer.alloc(100_000, 'x');
      pushed.push(new WeakRef(bytes.buffer));
      elements.push(bytes);
    }
    // Until the current task ends, the targets of weak references are kept.
    await setImmediate();
    collectGarbage();
    expect(pushed.filter((bytes) => bytes.deref() !== undefined).length).toBeLessThan(10);
    const [element] = elements.push(Buffer.from('"'));
    expect(element).toMatchObject({ size: 200_000_002, problem: 'oversized' });
  });

  test('reports an element that is nested too deeply, and survives extreme nesting', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    const bytes = Buffer.from(`[${nested(100)},${nested(101)},${nested(200_000)},1]`);
    const problems = scan(bytes, { select: takeAt(1) }).map(({ problem }) => problem);
    expect(problems).toEqual([null, 'nested too deeply', 'nested too deeply', null]);
  });

  test('leaves it to the parser of an element to refuse it', () => {
    const bytes = Buffer.from(`[{"a" 1 2}, nonsense, "\u0001", {"ok":true}]`);
    expect(scan(bytes, { select: takeAt(1) }).map(text)).toEqual(['{"a" 1 2}', 'nonsense', '"\u0001"', '{"ok":true}']);
  });

  test.each([
    ['', 'the document is empty'],
    [' \n ', 'the document is empty'],
    ['[1', 'truncated: it ends at line 1, column 3 (byte 2)'],
    ['{"a":{"b":"', 'truncated'],
    ['[1 2]', 'found "2" where "," or "]" was due, at line 1, column 4'],
    ['{"a":1,}', 'found "}" where a member name was due'],
    ['[1,]', 'found "]" where a value was due'],
    ['{\n  a: 1}', 'found "a" where a member name or "}" was due, at line 2, column 3 (byte 4)'],
    ['[1] [2]', 'found "[" where the end of the document was due'],
    ['[{"a":[1}]]', 'found "}" where "]" was due, at line 1, column 9'],
    ['\0[]', 'found'],
    ['[1]\0', 'found the byte 0x00'],
  ])('says where %j is malformed', (document, message) => {
    expect(() => scan(Buffer.from(document), { select: takeAt(1) })).toThrow(message);
  });
});
