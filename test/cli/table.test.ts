import { describe, expect, test } from 'vitest';
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

describe('a table that is too wide for the terminal', () => {
  const heading = ['source', 'state', 'last sync', 'next'];
  const rows = [
    [
      'team-catalog-of-tools',
      'failing for 3 h (12 failures)',
      'failed: UpstreamDenied: it rejected the token',
      'in 4 min',
    ],
    ['own', 'idle', 'changed: 3 added', null],
  ];
  const table = (width: number): string[] =>
    formatTable(heading, rows, { width, shortened: ['state', 'last sync'] }).split('\n');

  test('has its longest texts shortened, and no others', () => {
    expect(table(100)).toEqual([
      'SOURCE                 STATE                          LAST SYNC                             NEXT',
      'team-catalog-of-tools  failing for 3 h (12 failures)  failed: UpstreamDenied: it rejected…  in 4 min',
      'own                    idle                           changed: 3 added                      -',
    ]);
    expect(table(72)).toEqual([
      'SOURCE                 STATE               LAST SYNC            NEXT',
      'team-catalog-of-tools  failing for 3 h (…  failed: UpstreamDe…  in 4 min',
      'own                    idle                changed: 3 added     -',
    ]);
  });

  test('is wider than the terminal if the other columns are', () => {
    expect(table(20)[1]).toBe('team-catalog-of-tools  failing…  failed:…   in 4 min');
  });

  test('is printed whole to a file or pipe', () => {
    expect(formatTable(heading, rows, { shortened: ['state', 'last sync'] })).toContain(rows[0]!.join('  '));
  });

  test('is printed whole on a terminal without a size', () => {
    const { columns } = process.stdout;
    process.stdout.columns = 0;
    try {
      expect(formatTable(heading, rows, { shortened: ['state', 'last sync'] })).toContain(rows[0]!.join('  '));
    } finally {
      process.stdout.columns = columns;
    }
  });

  test.each(['abcdef\u{1F600}ghi', 'abcdef\u{202e}ghi', 'abc\u{202e}ghi'])('has no part of a character: %j', (text) => {
    expect(formatTable(['text'], [[text]], { width: 8, shortened: ['text'] })).toMatch(/^TEXT\nabc(?:def)?…$/);
  });
});

test('columns stay aligned if a text has characters that are escaped', () => {
  const table = formatTable(
    ['name', 'version'],
    [
      ['a\u{202e}b', '1.0.0'],
      ['plain', '1.0.0'],
    ],
  );
  expect(table.split('\n')).toEqual(['NAME      VERSION', String.raw`a\u202eb  1.0.0`, 'plain     1.0.0']);
});
