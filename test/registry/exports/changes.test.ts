/** Which lines of each export change when a version is published, deprecated, or deleted. */
import { expect, test } from 'vitest';
import { catalogOf } from '../../../registry/exports/target.ts';
import { TARGETS } from '../../../registry/exports/targets.ts';
import type { ExportedVersion } from '../../../registry/exports/form/server-form.ts';
import { npmEntry, remoteEntry } from './exported-entries.ts';

const OTHERS = [
  npmEntry('3.0.0', { name: 'com.example/alpha', document: { identifier: 'alpha' } }),
  remoteEntry('com.example/zulu', { url: 'https://zulu.example/mcp' }),
];
const OLD = npmEntry('1.0.0');
const NEW = npmEntry('1.1.0');
const SUPERSEDED = { ...OLD, isLatest: false };

/** Each with the entries before and after. */
const CHANGES: readonly (readonly [string, readonly ExportedVersion[], readonly ExportedVersion[]])[] = [
  ['the first version is published', [], [OLD]],
  ['another version is published', [OLD], [SUPERSEDED, NEW]],
  ['the old version is deprecated', [SUPERSEDED, NEW], [{ ...SUPERSEDED, status: 'deprecated' }, NEW]],
  ['the only version is deprecated', [NEW], [{ ...NEW, status: 'deprecated' }]],
  ['the only version is deleted', [NEW], [{ ...NEW, status: 'deleted' }]],
];

/** The lines that differ, in order: based on a longest common subsequence. */
function difference(before: readonly string[], after: readonly string[]): string[] {
  const lengths = before.map(() => after.map(() => 0));
  const lengthAt = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const longest = Math.max(lengthAt(row + 1, column), lengthAt(row, column + 1));
      lengths[row]![column] = before[row] === after[column] ? lengthAt(row + 1, column + 1) + 1 : longest;
    }
  }
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    if (row < before.length && before[row] === after[column]) [row, column] = [row + 1, column + 1];
    else if (column === after.length || (row < before.length && lengthAt(row + 1, column) >= lengthAt(row, column + 1)))
      lines.push(`- ${before[row++]}`);
    else lines.push(`+ ${after[column++]}`);
  }
  return lines;
}

test.each(TARGETS.flatMap((target) => target.modes.map((mode) => [target.id, mode, target] as const)))(
  '%s, mode %s',
  async (id, mode, target) => {
    const lines = (entries: readonly ExportedVersion[]): string[] =>
      target.render(catalogOf([...OTHERS, ...entries]), { mode, versions: 'all' }).text.split('\n');
    const parts = CHANGES.map(([what, before, after]) =>
      [what, ...difference(lines(before), lines(after)), ''].join('\n'),
    );
    await expect(parts.join('\n')).toMatchFileSnapshot(`../../fixtures/exports/${id}.${mode}.diff`);
  },
);
