import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor, type Cursor } from '../../registry/cursor.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const date = fc
  .date({ min: new Date(0), noInvalidDate: true, max: new Date('9999-12-31') })
  .map((time) => time.toISOString());
const cursors: fc.Arbitrary<Cursor> = fc.record({
  after: fc.record({ name: text, version: text }),
  query: fc.record(
    { search: text, version: text, updatedSince: date, includeDeleted: fc.boolean() },
    { requiredKeys: ['includeDeleted'] },
  ),
});

/** A cursor for the registry `default` by someone who knows how its checksum is made. */
function forge(content: string): string {
  const digest = createHash('sha256').update(`rollcall-cursor-1\0default\0${content}`).digest().subarray(0, 8);
  return Buffer.concat([digest, Buffer.from(content)]).toString('base64url');
}

describe('a cursor', () => {
  test('is unchanged after a round trip, and needs no escaping in a URL', () => {
    fc.assert(
      fc.property(cursors, text, (cursor, registry) => {
        const encoded = encodeCursor(cursor, registry);
        expect(encoded).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeCursor(encoded, registry)).toEqual(cursor);
      }),
    );
  });

  test('is refused by every other registry', () => {
    fc.assert(
      fc.property(cursors, text, text, (cursor, registry, other) => {
        fc.pre(registry !== other);
        expect(decodeCursor(encodeCursor(cursor, registry), other)).toBeNull();
      }),
    );
  });

  test('is refused when it was changed, extended, or truncated', () => {
    const change = fc.record({
      at: fc.nat(),
      replacement: fc.oneof(fc.string({ maxLength: 2 }), fc.stringMatching(/^[A-Za-z0-9_-]{1,3}$/)),
      removed: fc.nat(3),
    });
    fc.assert(
      fc.property(cursors, change, (cursor, { at, replacement, removed }) => {
        const encoded = encodeCursor(cursor, 'default');
        const position = at % (encoded.length + 1);
        const tampered = encoded.slice(0, position) + replacement + encoded.slice(position + removed);
        fc.pre(tampered !== encoded);
        expect(decodeCursor(tampered, 'default')).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    'no JSON',
    '{}',
    '[]',
    '["a"]',
    '["a","1",2,null,null,null]',
    '["a\\u0000","1",0,null,null,null]',
    '["a","1",0,null,null,"x"]',
  ])('with %s is refused, even with a valid checksum', (content) => {
    expect(decodeCursor(forge(content), 'default')).toBeNull();
    expect(decodeCursor(forge('["a","1",0,null,null,null]'), 'default')).not.toBeNull();
  });

  test.each(['', 'x', 'io.github.someone/weather:1.0.0', 'eyJhIjoxfQ', '%00'])('can’t be %j', (foreign) => {
    expect(decodeCursor(foreign, 'default')).toBeNull();
  });

  test('stays short', () => {
    const cursor = { after: { name: 'io.github.someone/weather', version: '1.0.0' }, query: { includeDeleted: false } };
    expect(encodeCursor(cursor, 'default').length).toBeLessThan(100);
  });
});
