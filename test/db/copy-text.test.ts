import fc from 'fast-check';
import { from as copyFrom } from 'pg-copy-streams';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyRow } from '../../db/copy-text.ts';
import { createTestDatabase } from '../environment.ts';
import type { TestDatabase } from '../environment.ts';

let target: TestDatabase;
beforeAll(async () => {
  target = await createTestDatabase();
});
afterAll(async () => {
  await target.drop();
});

/** Text that a careless encoder would break, beside any other. */
const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom('\\', '\\.', '\\N', '\n', '\r', '\t', '"', '{', '}', ',', 'NULL', '\b', '\u000b', 'é', '😀', ''),
    )
    .map((parts) => parts.join('')),
);
const row = fc.record({
  text: fc.option(oddText),
  list: fc.array(oddText, { maxLength: 4 }),
  bytes: fc.uint8Array({ maxLength: 20 }),
});

test('every text, array and byte string arrives as it was, but for NUL', async () => {
  const client = await target.database.copyPool.connect();
  await client.query('create temporary table copied (place integer, text text, list text[], bytes bytea)');
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      await client.query('delete from copied');
      const lines = rows.map(({ text, list, bytes }, place) =>
        copyRow([String(place), text, list, Buffer.from(bytes)]),
      );
      await pipeline(Readable.from(lines, { objectMode: false }), client.query(copyFrom('copy copied from stdin')));
      const stored = await client.query('select text, list, bytes from copied order by place');
      expect(stored.rows).toEqual(
        rows.map(({ text, list, bytes }) => ({
          text: text === null ? null : storable(text),
          list: list.map(storable),
          bytes: Buffer.from(bytes),
        })),
      );
    }),
    { numRuns: 200 },
  );
  client.release(true);
});

/** NUL is left out, and half of a surrogate pair is no character. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
