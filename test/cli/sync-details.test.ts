import { expect, test } from 'vitest';
import { syncDetails } from '../../cli/terminal/sync-details.ts';

const COUNTS = { added: 0, changed: 0, removed: 0, rejected: 0, warnings: 0 };
const CHANGED = { number: 3, outcome: 'changed', failureType: null, failureMessage: null } as const;
const entry = (index: number) => ({ name: `com.example/server-${index}`, version: '1.0.0' });
const finding = (index: number, severity: 'rejection' | 'warning') => ({
  ...entry(index),
  severity,
  ordinal: index,
  location: `line ${index}, column 3`,
  reason: 'title must be text',
});
const many = <Result>(count: number, make: (index: number) => Result): Result[] =>
  Array.from({ length: count }, (_, index) => make(index));

test('many additions and rejections hide neither removals nor warnings', () => {
  const text = syncDetails(
    'team',
    {
      ...CHANGED,
      ...COUNTS,
      added: 4_000,
      removed: 1,
      rejected: 1_500,
      warnings: 1,
      findings: [...many(1_000, (index) => finding(index, 'rejection')), finding(7, 'warning')],
      changes: [
        ...many(1_000, (index) => ({ kind: 'added' as const, ...entry(index) })),
        { kind: 'removed', ...entry(9) },
      ],
    },
    2,
  );
  expect(text).toMatchInlineSnapshot(`
    "Sync 3 of team: changed: 4000 added, 1 removed, 1500 rejected

    Rejected (first 2 of 1500):
    LOCATION          NAME                  VERSION  REASON
    line 0, column 3  com.example/server-0  1.0.0    title must be text
    line 1, column 3  com.example/server-1  1.0.0    title must be text

    Warnings (1):
    LOCATION          NAME                  VERSION  REASON
    line 7, column 3  com.example/server-7  1.0.0    title must be text

    Removed (1):
    NAME                  VERSION
    com.example/server-9  1.0.0

    Added (first 2 of 4000):
    NAME                  VERSION
    com.example/server-0  1.0.0
    com.example/server-1  1.0.0"
  `);
});

test('a failed sync shows its rejections, which its record does not count', () => {
  const run = { ...CHANGED, ...COUNTS, outcome: 'failed', failureType: 'AllEntriesRejected', failureMessage: 'all 3' };
  const findings = many(3, (index) => finding(index, 'rejection'));
  expect(syncDetails('team', { ...run, outcome: 'failed', findings, changes: [] }, 2)).toMatch(
    /^Sync 3 of team: failed: AllEntriesRejected: all 3\n\nRejected \(first 2 of 3\):\nLOCATION/,
  );
});

test('a sync that changed nothing only shows its outcome', () => {
  const run = { ...CHANGED, ...COUNTS, outcome: 'unchanged' } as const;
  expect(syncDetails('team', { ...run, findings: [], changes: [] }, 20)).toBe('Sync 3 of team: unchanged');
});
