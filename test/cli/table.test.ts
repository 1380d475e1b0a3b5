import { expect, test } from 'vitest';
import { formatTable } from '../../cli/terminal/table.ts';

test('a column of numbers stays right-aligned if one of them is absent', () => {
  const table = formatTable(
    ['entries', 'outcome'],
    [
      [10, 'changed'],
      [null, 'failed'],
    ],
  );
  expect(table.split('\n')).toEqual(['ENTRIES  OUTCOME', '     10  changed', '      -  failed']);
});
