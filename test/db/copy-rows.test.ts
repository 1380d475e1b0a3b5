import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyFrom } from '../../db/connection/copy-query.ts';
import { CopyRows } from '../../db/connection/copy-rows.ts';
import { createTestDatabase } from '../environment.ts';
import type { TestDatabase } from '../environment.ts';

let target: TestDatabase;
beforeAll(async () => {
  target = await createTestDatabase();
});
afterAll(async () => {
  await target.drop();
});

const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\\N', '\n', 'NULL', '{}', 'é', '😀', '', 'é'.repeat(100_000)),
);
/** To the microsecond: anything finer is rounded by both, not always alike. */
const timestamp = fc
  .record({
    date: fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    }),
    fraction: fc.constantFrom('', '.1', '.123', '.000001', '.999999', '.4521380'),
    zone: fc.constantFrom('Z', 'z', '+02:00', '-14:59', '+00:30'),
    separator: fc.constantFrom('T', 't'),
  })
  .map(
    ({ date, fraction, zone, separator }) => date.toISOString().slice(0, 19).replace('T', separator) + fraction + zone,
  );
const row = fc.record({
  text: fc.option(oddText),
  list: fc.array(oddText, { maxLength: 4 }),
  bytes: fc.uint8Array({ maxLength: 20 }),
  number: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  timestamp: fc.option(timestamp),
});

test('every value is unchanged except for NUL, on any number of pages', async () => {
  const client = await target.database.copyPool.connect();
  await client.query(
    `create temporary table copied (place bigint, text text, list text[], bytes bytea, number bigint, timestamp timestamptz)`,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (values) => {
      await client.query('delete from copied');
      const rows = new CopyRows();
      for (const [place, value] of values.entries()) {
        rows.beginRow(6);
        rows.addBigInt(String(place));
        rows.addText(value.text);
        rows.addTexts(value.list);
        rows.addBytes(value.bytes);
        rows.addBigInt(value.number);
        rows.addTimestamp(value.timestamp);
      }
      await copyFrom(client, 'copy copied from stdin with (format binary)', rows.finish());
      const stored = await client.query(
        `select text, list, bytes, number,
           timestamp is not distinct from ($1::text[])[place + 1]::timestamptz as "sameTimestamp"
         from copied order by copied.place`,
        [values.map((value) => value.timestamp)],
      );
      expect(stored.rows).toEqual(
        values.map(({ text, list, bytes, number }) => ({
          text: text === null ? null : storable(text),
          list: list.map(storable),
          bytes: Buffer.from(bytes),
          number,
          sameTimestamp: true,
        })),
      );
    }),
    { numRuns: 100 },
  );
  client.release(true);
});

test('a COPY that fails says why, and the connection stays usable', async () => {
  const client = await target.database.copyPool.connect();
  const rows = new CopyRows();
  for (let count = 0; count < 1000; count += 1) {
    rows.beginRow(1);
    rows.addText('x'.repeat(1000));
  }
  const data = rows.finish();
  await expect(copyFrom(client, 'copy no_such_table from stdin with (format binary)', data)).rejects.toThrow(
    'relation "no_such_table" does not exist',
  );
  await client.query('create temporary table narrow (number bigint)');
  await expect(copyFrom(client, 'copy narrow from stdin with (format binary)', data)).rejects.toThrow(
    'incorrect binary data format',
  );
  expect((await client.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
  client.release(true);
});

/** NUL is left out, and half of a surrogate pair isn't a character. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
