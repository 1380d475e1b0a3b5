import { expect, test } from 'vitest';
import type { SyncResult } from '../../workflows/contract/syncs.ts';
import { renderFailure, renderResult } from '../../workflows/source/sync-details.ts';

const RESULT: SyncResult = {
  outcome: 'changed',
  counts: { entries: 120, added: 22, changed: 1, removed: 0, rejected: 1, warnings: 5 },
  upstreamRevision: '0123456789ab',
};

test('the details of a sync name the first entries of each kind, and how many more there are', () => {
  expect(
    renderResult(RESULT, {
      added: ['com.example/a 1.0.0', 'com.example/b 1.0.0'],
      changed: ['com.example/c 1.0.0'],
      removed: [],
      rejected: [{ entry: 'com.example/d', location: 'line 3, column 5', reason: 'version is missing or empty' }],
    }),
  ).toMatchInlineSnapshot(`
    "**changed** at \`0123456789ab\`

    | entries | added | changed | removed | rejected | warnings |
    |---:|---:|---:|---:|---:|---:|
    | 120 | 22 | 1 | 0 | 1 | 5 |

    ### Rejected

    - \`com.example/d\` (\`line 3, column 5\`): \`version is missing or empty\`

    ### Changed

    - \`com.example/c 1.0.0\`

    ### Added

    - \`com.example/a 1.0.0\`
    - \`com.example/b 1.0.0\`
    - and 20 more"
  `);
});

test('a result of an earlier version without a listing shows its counts', () => {
  expect(renderResult(RESULT)).toMatch(/^\*\*changed\*\* at `0123456789ab`\n\n\|.*\| 120 \| 22 \|[^\n]*$/s);
});

test('the details of a failed sync have the first rejections', () => {
  const failure = { outcome: 'failed', type: 'AllEntriesRejected', message: 'all 30 entries were rejected' };
  const rejected = [{ entry: 'without a name', reason: 'name is missing or empty' }];
  expect(renderFailure(failure, rejected)).toBe(
    '**failed**: AllEntriesRejected\n\nall 30 entries were rejected\n\n### Rejected\n\n- `without a name`: `name is missing or empty`',
  );
});

test('nothing in a name or a reason is read as Markdown', () => {
  const hostile = 'a` ![x](https://evil.example/) `\n# b';
  const text = renderResult(RESULT, {
    added: [hostile],
    changed: [],
    removed: [],
    rejected: [{ entry: hostile, location: hostile, reason: hostile }],
  });
  const shown = '`a ![x](https://evil.example/) # b`';
  expect(text.split('\n').filter((line) => line.includes('evil'))).toEqual([
    `- ${shown} (${shown}): ${shown}`,
    `- ${shown}`,
  ]);
});
