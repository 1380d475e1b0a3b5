import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { copyLine } from '../../db/connection/copy-text.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { rawRows } from './raw-rows.ts';

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
/** Timestamps with microseconds. Finer ones are rounded by both sides, and not always in the same way. */
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
  flag: fc.boolean(),
  timestamp: fc.option(timestamp),
});

const columnsRow = z.object({
  text: z.string().nullable(),
  list: z.array(z.string()),
  bytes: z.instanceof(Buffer),
  flag: z.boolean(),
  sameTimestamp: z.boolean(),
});

test('every value arrives unchanged, except for NUL', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (values) => {
      const stored = await target.database.transaction(async (transaction) => {
        await transaction.command(
          `create temporary table copied (place int, text text, list text[], bytes bytea, flag boolean, timestamp timestamptz)
           on commit drop`,
        );
        const lines = values.map(({ text, list, bytes, flag, timestamp: at }, place) =>
          copyLine([String(place), text, list, bytes, flag, at]),
        );
        await transaction.copy('copy copied from stdin', lines);
        const timestamps = values.map((value) => value.timestamp);
        return await transaction.any(sql.type(columnsRow)`
          select text, list, bytes, flag, timestamp is not distinct from
            (${sql.array(timestamps, 'text')})[place + 1]::timestamptz as "sameTimestamp"
          from copied order by copied.place`);
      });
      expect(stored).toEqual(
        values.map(({ text, list, bytes, flag }) => ({
          text: text === null ? null : storable(text),
          list: list.map(storable),
          bytes: Buffer.from(bytes),
          flag,
          sameTimestamp: true,
        })),
      );
    }),
    { numRuns: 100 },
  );
});

test('many lines and long ones arrive in order', async () => {
  const values = ['short', 'é'.repeat(1_000_000), ...Array.from({ length: 50_000 }, (_, index) => `line ${index}`), ''];
  const stored = await target.database.transaction(async (transaction) => {
    await transaction.command('create temporary table copied (place serial, text text) on commit drop');
    await transaction.copy(
      'copy copied (text) from stdin',
      values.map((value) => copyLine([value])),
    );
    return await transaction.anyFirst(sql.type(z.object({ text: z.string() }))`select text from copied order by place`);
  });
  expect(stored).toEqual(values);
});

test('a COPY that fails says why, and other statements still succeed', async () => {
  const lines = Array.from({ length: 1000 }, () => copyLine(['x'.repeat(1000)]));
  const copy = (table: string): Promise<void> =>
    target.database.transaction((transaction) => transaction.copy(`copy ${table} from stdin`, lines));
  await expect(copy('no_such_table')).rejects.toThrow('relation "no_such_table" does not exist');
  await expect(copy('claim_set (id)')).rejects.toThrow('invalid input syntax');
  expect(await rawRows(target.database, 'select 1 as one')).toEqual([{ one: 1 }]);
});

/** NUL is removed, and half of a surrogate pair isn't a character. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
