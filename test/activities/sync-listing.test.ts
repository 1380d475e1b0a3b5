/** Single entries in the result of an activity, for the page of a sync in the Web UI. */
import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { recordFailure } from '../../activities/sync-record.ts';
import { listSync } from '../../activities/sync-listing.ts';
import { findSyncRun } from '../../db/syncs/sync-runs.ts';
import { test } from '../sources/file-source.ts';
import { envelope, serverJson } from './server-documents.ts';

const named = (count: number, prefix = 'server') =>
  Array.from({ length: count }, (_, index) => serverJson(`com.example/${prefix}-${String(index).padStart(3, '0')}`));

test('the first 20 entries of each kind are listed', async ({ path, source }) => {
  await writeFile(path, envelope([...named(30), ...named(25, 'wrong').map((server) => ({ ...server, version: '' }))]));
  const { listing, counts } = await source.sync();
  expect(counts).toMatchObject({ added: 30, rejected: 25 });
  expect(listing?.added).toHaveLength(20);
  expect(listing?.added[0]).toBe('com.example/server-000 1.0.0');
  expect(listing?.rejected).toHaveLength(20);
  expect(listing?.rejected[0]).toEqual({
    entry: 'com.example/wrong-000',
    location: expect.stringMatching(/^line 1, column \d+$/) as string,
    reason: 'version is missing or empty',
  });

  await writeFile(path, envelope(named(28)));
  expect((await source.sync()).listing).toEqual({
    added: [],
    changed: [],
    removed: ['com.example/server-028 1.0.0', 'com.example/server-029 1.0.0'],
    rejected: [],
  });
});

test('a sync that changed and rejected nothing lists nothing', async ({ path, source }) => {
  await writeFile(path, envelope(named(2)));
  await source.sync();
  expect((await source.sync()).listing).toBeUndefined();
});

test('a listing stays within kilobytes, even with very long texts', async ({ path, source }) => {
  const long = 'x'.repeat(400);
  const servers = Array.from({ length: 50 }, (_, index) => serverJson(`com.example/${index}${long}`, `1.0.0-${long}`));
  const wrong = Array.from({ length: 50 }, (_, index) => ({ name: `com.example/${index}/${long}`, version: long }));
  await writeFile(path, envelope([...servers, ...wrong]));
  const { listing, counts } = await source.sync();
  expect(counts).toMatchObject({ added: 50, rejected: 50 });
  expect(JSON.stringify(listing).length).toBeLessThan(20_000);
});

test('a sync that failed lists its rejections', async ({ path, source }) => {
  await writeFile(path, envelope([{ name: 'com.example/a' }]));
  const input = source.next();
  await expect(source.fetch(input)).rejects.toMatchObject({ type: 'AllEntriesRejected' });
  const run = await findSyncRun(source.database, input);
  expect((await listSync(source.database, run!.id)).rejected).toMatchObject([{ entry: 'com.example/a' }]);
  const failure = { type: 'AllEntriesRejected', message: 'all entries were rejected' };
  expect(await recordFailure(source.database, { ...input, outcome: 'failed', failure })).toMatchObject({
    rejected: [{ entry: 'com.example/a', reason: 'version is missing or empty' }],
  });
});
