import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applySnapshot } from '../../db/syncs/apply.ts';
import { VANISHED_MESSAGE } from '../../db/syncs/vanished-entries.ts';
import { stagedProgress } from '../../db/syncs/snapshots.ts';
import { stageChunk } from '../../db/syncs/staged-chunk.ts';
import { findSource } from '../../db/configuration/sources.ts';
import { listChanges } from '../../db/syncs/sync-changes.ts';
import { findSyncRun } from '../../db/syncs/sync-runs.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { SKILL_KINDS } from '../../registry/entry-kind.ts';
import { NOTHING_WRITTEN, rowsWrittenBy } from './rows-written.ts';
import {
  draft,
  drafts,
  entriesOf,
  labels,
  revisionOf,
  skillDraft,
  source,
  stage,
  sync,
  useSources,
} from './sync-source.ts';
import { rawRows } from './raw-rows.ts';

let target: TestDatabase;
beforeEach(async () => {
  target = await createTestDatabase();
  await useSources(target.database, source('first'));
});
afterEach(async () => {
  await target.drop();
});

const syncFirst = async (
  entries: Parameters<typeof sync>[1]['entries'],
  apply: Parameters<typeof sync>[1]['apply'] = {},
): ReturnType<typeof sync> => await sync(target.database, { sourceName: 'first', entries, apply });

describe('the record of a sync', () => {
  const changesOf = async (number: number, limit = 5_000): Promise<string[]> => {
    const run = await findSyncRun(target.database, { sourceName: 'first', number });
    const changes = await listChanges(target.database, { syncRunId: run!.id, limit, offset: 0 });
    return changes.map(({ kind, name, version }) => `${kind} ${name} ${version}`);
  };

  test('names the entries that the sync added, changed, and removed', async () => {
    await syncFirst([draft('com.example/a', '1.0.0'), draft('com.example/b', '1.0.0')]);
    await syncFirst([draft('com.example/b', '1.0.0', { description: 'changed' }), draft('com.example/b', '2.0.0')]);
    await syncFirst([draft('com.example/a', '1.0.0'), draft('com.example/b', '2.0.0')]);
    expect(await changesOf(1)).toEqual(['added com.example/a 1.0.0', 'added com.example/b 1.0.0']);
    expect(await changesOf(2)).toEqual([
      'added com.example/b 2.0.0',
      'changed com.example/b 1.0.0',
      'removed com.example/a 1.0.0',
    ]);
    expect(await changesOf(3)).toEqual(['added com.example/a 1.0.0', 'removed com.example/b 1.0.0']);
  });

  test('keeps the first 1,000 of each kind, and counts all', async () => {
    await syncFirst(drafts(1_500));
    const changed = drafts(1_500).map(({ name }) => draft(name, '1.0.0', { description: 'changed' }));
    expect(await syncFirst([...changed, ...drafts(1_200, '2.0.0')])).toMatchObject({
      counts: { added: 1_200, changed: 1_500 },
    });
    expect(await syncFirst([], { force: true })).toMatchObject({ counts: { removed: 2_700 } });
    expect((await changesOf(2)).filter((change) => change.startsWith('added'))).toHaveLength(1_000);
    expect((await changesOf(2)).filter((change) => change.startsWith('changed'))).toHaveLength(1_000);
    expect(await changesOf(3)).toHaveLength(1_000);
    expect((await changesOf(3))[0]).toBe('removed com.example/server-00000 1.0.0');
    expect(await changesOf(2, 1)).toEqual([
      'added com.example/server-00000 2.0.0',
      'changed com.example/server-00000 1.0.0',
    ]);
  });

  test('names skills and plugins with their kind', async () => {
    const all = [
      draft('com.example/a', '1.0.0'),
      ...SKILL_KINDS.map((kind) => skillDraft(kind, ['com.example/a', '1.0.0'])),
    ];
    await syncFirst(all);
    expect(await changesOf(1)).toEqual([
      'added com.example/a 1.0.0',
      'added plugin:com.example/a 1.0.0',
      'added skill:com.example/a 1.0.0',
    ]);
    await syncFirst([draft('com.example/a', '1.0.0'), skillDraft('skill', ['com.example/a', '1.0.0'], { title: 'A' })]);
    expect(await changesOf(2)).toEqual(['changed skill:com.example/a 1.0.0', 'removed plugin:com.example/a 1.0.0']);
  });

  test('has nothing of a sync that was refused', async () => {
    await syncFirst(drafts(100));
    await expect(syncFirst([draft('com.example/server-00000', '1.0.0')])).rejects.toMatchObject({
      type: 'RemovalGuard',
    });
    expect(await changesOf(2)).toEqual([]);
  });
});

describe('the cost of a sync', () => {
  test('of the same entries is nothing: no served row is written, and revisions stay', async () => {
    await syncFirst(drafts(2_000));
    const revision = await revisionOf(target.database);
    const written = await rowsWrittenBy(target.database, async () => {
      expect(await syncFirst(drafts(2_000))).toMatchObject({
        outcome: 'unchanged',
        counts: { entries: 2_000, changed: 0 },
      });
    });
    expect(written).toEqual(NOTHING_WRITTEN);
    expect(await revisionOf(target.database)).toBe(revision);
  });

  test('with one changed entry among thousands is one entry, its owner, and the registry', async () => {
    const entries = drafts(2_000);
    await syncFirst(entries);
    const [changed] = entries.splice(1_200, 1, draft(entries[1_200]?.name ?? '', '1.0.0', { description: 'changed' }));
    const written = await rowsWrittenBy(target.database, async () => {
      expect(await syncFirst(entries)).toMatchObject({
        outcome: 'changed',
        counts: { added: 0, changed: 1, removed: 0 },
      });
    });
    expect(written).toEqual({ ...NOTHING_WRITTEN, entry: 1, server_owner: 1, registry: 1, sync_change: 1 });
    const [shown] = await entriesOf(target.database, { search: 'changed' });
    expect(shown?.name).toBe(changed?.name);
  });

  test('a search finds both of two names that differ only in case', async () => {
    const alike = ['com.example/tool', 'com.example/Tool'].map((name) =>
      draft(name, '1.0.0', { description: 'alike' }),
    );
    await syncFirst(alike);
    const found = await entriesOf(target.database, { search: 'alike' });
    expect(found.map(({ name }) => name).toSorted()).toEqual(['com.example/Tool', 'com.example/tool']);
  });

  test('a first sync finds the latest versions', async () => {
    await syncFirst([...drafts(500), ...drafts(500, '2.0.0')]);
    const latest = (await entriesOf(target.database)).filter(({ isLatest }) => isLatest);
    expect(new Set(latest.map(({ version }) => version))).toEqual(new Set(['2.0.0']));
    expect(latest).toHaveLength(500);
  });
});

describe('dates', () => {
  test('updatedAt only changes for the changed entry', async () => {
    await syncFirst([draft('com.example/a', '1.0.0'), draft('com.example/b', '1.0.0')]);
    const before = await entriesOf(target.database);
    await syncFirst([draft('com.example/a', '1.0.0', { description: 'changed' }), draft('com.example/b', '1.0.0')]);
    const after = await entriesOf(target.database);
    expect(String(after[0]?.updatedAt) > String(before[0]?.updatedAt)).toBe(true);
    expect(after[0]).toMatchObject({
      publishedAt: before[0]?.publishedAt,
      statusChangedAt: before[0]?.statusChangedAt,
    });
    expect(after[1]).toEqual(before[1]);
  });

  test("the upstream's own dates are served to the microsecond", async () => {
    const dates = {
      publishedAt: '2025-09-08T23:47:09.452138Z',
      updatedAt: '2025-09-09T00:00:00.000001Z',
      statusChangedAt: '2025-09-08T23:47:09.452138Z',
    };
    await syncFirst([draft('com.example/a', '1.0.0', { ...dates, publishedAt: '2025-09-09T01:47:09.452138+02:00' })]);
    expect(await entriesOf(target.database)).toMatchObject([dates]);
  });
});

describe('a missing entry', () => {
  const both = [draft('com.example/a', '1.0.0'), draft('com.example/b', '1.0.0')];

  test('becomes a tombstone, and is revived when it returns', async () => {
    await syncFirst(both);
    await syncFirst(both.slice(1));
    expect(labels(await entriesOf(target.database))).toEqual(['com.example/b@1.0.0 from first']);
    const [tombstone] = await entriesOf(target.database, { includeDeleted: true });
    expect(tombstone).toMatchObject({ name: 'com.example/a', status: 'deleted', statusMessage: VANISHED_MESSAGE });
    expect(tombstone?.updatedAt).toBe(tombstone?.statusChangedAt);

    expect(await syncFirst(both)).toMatchObject({ outcome: 'changed', counts: { added: 1, removed: 0 } });
    expect(await entriesOf(target.database)).toMatchObject([{ status: 'active', statusMessage: null }, {}]);
  });

  test('stays if the snapshot is partial', async () => {
    await syncFirst(both);
    expect(await syncFirst(both.slice(1), { coverage: 'partial' })).toMatchObject({ outcome: 'unchanged' });
    expect(await entriesOf(target.database)).toHaveLength(2);
  });

  test('is visible downstream through updated_since', async () => {
    await syncFirst(both);
    const since = new Date().toISOString();
    await syncFirst(both.slice(1));
    const news = await entriesOf(target.database, { updatedSince: since, includeDeleted: true });
    expect(news).toMatchObject([{ name: 'com.example/a', status: 'deleted' }]);
  });
});

describe('a snapshot that would remove too much', () => {
  test('fails, and earlier entries are still served', async () => {
    await syncFirst(drafts(20));
    await expect(syncFirst(drafts(9))).rejects.toMatchObject({ type: 'RemovalGuard' });
    await expect(syncFirst([])).rejects.toMatchObject({ type: 'EmptySnapshot' });
    await expect(syncFirst([], { rejected: 20 })).rejects.toMatchObject({ type: 'AllEntriesRejected' });
    await expect(syncFirst(drafts(20, '2.0.0'), { maxRemoval: 1 })).rejects.toMatchObject({ type: 'RemovalGuard' });
    expect(await entriesOf(target.database)).toHaveLength(20);
  });

  test.each(SKILL_KINDS)('of servers or of %ss is refused, however many others stay', async (kind) => {
    const skills = Array.from({ length: 12 }, (_, index) => skillDraft(kind, [`com.example/s-${index + 10}`, '1.0.0']));
    await syncFirst([...drafts(100), ...skills]);
    await expect(syncFirst([...drafts(100), ...skills.slice(7)])).rejects.toThrow(`7 of 12 ${kind}s are no longer`);
    await expect(syncFirst(drafts(100))).rejects.toThrow(`12 of 12 ${kind}s are no longer`);
    await expect(syncFirst([...drafts(40), ...skills])).rejects.toThrow('60 of 100 entries are no longer');
    // Each is a share that can be removed.
    expect(await syncFirst([...drafts(60), ...skills.slice(4)])).toMatchObject({ counts: { removed: 44 } });
    expect(await syncFirst(drafts(60), { force: true })).toMatchObject({ counts: { removed: 8 } });
  });

  test('is applied if forced', async () => {
    await syncFirst(drafts(20));
    await expect(syncFirst([], { rejected: 20, force: true })).rejects.toMatchObject({ type: 'AllEntriesRejected' });
    expect(await syncFirst([], { force: true })).toMatchObject({ counts: { removed: 20 } });
    expect(await entriesOf(target.database)).toEqual([]);
  });

  test('is applied up to the limit', async () => {
    await syncFirst(drafts(20));
    expect(await syncFirst(drafts(10))).toMatchObject({ counts: { removed: 10 } });
  });

  test('can remove all but one entry of a small source, but not all', async () => {
    await syncFirst(drafts(9));
    await syncFirst(drafts(1));
    await expect(syncFirst([])).rejects.toMatchObject({ type: 'EmptySnapshot' });
  });

  test('is applied if the filter excludes the entries', async () => {
    await syncFirst(drafts(20));
    const filterExcludes = (name: string): boolean => name > 'com.example/server-00004';
    expect(await syncFirst(drafts(4), { filterExcludes })).toMatchObject({ counts: { removed: 16 } });
    expect(await syncFirst([], { filterExcludes: () => true })).toMatchObject({ counts: { removed: 4 } });
  });
});

describe('staging', () => {
  test('the first of two entries with the same name and version wins, in one chunk and across chunks', async () => {
    const twice = [draft('com.example/a', '1.0.0'), draft('com.example/a', '1.0.0', { description: 'another' })];
    const snapshot = await stage(target.database, { sourceName: 'first', entries: [...twice, ...drafts(998)] });
    const found = await findSource(target.database, 'first');
    const again = await stageChunk(target.database, {
      syncRunId: snapshot.syncRunId,
      sourceId: found?.id ?? '',
      number: 1,
      cursor: 'end',
      drafts: [draft('com.example/b', '1.0.0'), ...twice],
    });
    expect(again.duplicates.map(({ ordinal, name }) => `${ordinal} ${name}`)).toEqual([
      '1 com.example/a',
      '2 com.example/a',
    ]);
    expect(await stagedProgress(target.database, snapshot.syncRunId)).toEqual({
      chunks: 2,
      entries: 1_000,
      cursor: 'end',
    });
    expect(await applySnapshot(target.database, { ...snapshot, chunks: 2 })).toMatchObject({
      counts: { added: 1_000 },
    });
    expect(await entriesOf(target.database, { search: 'another' })).toEqual([]);

    // Now all of them are known, and only seen again.
    await expect(syncFirst([...drafts(998), ...twice, draft('com.example/b', '1.0.0')])).resolves.toMatchObject({
      outcome: 'unchanged',
      counts: { entries: 1_000 },
    });
  });

  test('the same chunk a second time is refused: another attempt is running', async () => {
    const { syncRunId } = await stage(target.database, { sourceName: 'first', entries: drafts(1) });
    const found = await findSource(target.database, 'first');
    const chunk = { number: 0, cursor: null, drafts: drafts(2) };
    await expect(stageChunk(target.database, { syncRunId, sourceId: found?.id ?? '', ...chunk })).rejects.toThrow(
      'another attempt',
    );
    expect(await stagedProgress(target.database, syncRunId)).toMatchObject({ entries: 1 });
  });

  test('a snapshot with a missing chunk is not applied', async () => {
    await syncFirst(drafts(5));
    const snapshot = await stage(target.database, { sourceName: 'first', entries: drafts(5, '2.0.0') });
    await expect(applySnapshot(target.database, { ...snapshot, chunks: 2 })).rejects.toMatchObject({
      type: 'SnapshotLost',
    });
    await rawRows(target.database, `delete from snapshot_entry where version = '2.0.0'`);
    await expect(applySnapshot(target.database, snapshot)).rejects.toMatchObject({ type: 'SnapshotLost' });
  });
});

test('a second apply, after a lost answer, returns the same and changes nothing', async () => {
  const snapshot = await stage(target.database, { sourceName: 'first', entries: drafts(10), apply: { warnings: 3 } });
  const first = await applySnapshot(target.database, snapshot);
  const written = await rowsWrittenBy(target.database, async () => {
    expect(await applySnapshot(target.database, snapshot)).toEqual(first);
  });
  expect(written).toEqual(NOTHING_WRITTEN);
  expect(await findSyncRun(target.database, { sourceName: 'first', number: 1 })).toMatchObject({
    outcome: 'changed',
    added: 10,
    warnings: 3,
  });
});

test('readers see a sync completely or not at all', async () => {
  await syncFirst(drafts(1_000, '1.0.0'), { force: true });
  const seen = new Set<string>();
  const done = new AbortController();
  const reader = (async () => {
    while (!done.signal.aborted) {
      const versions = new Set((await entriesOf(target.database)).map(({ version }) => version));
      seen.add([...versions].join(' and '));
    }
  })();
  for (let version = 2; version <= 6; version++) await syncFirst(drafts(1_000, `${version}.0.0`), { force: true });
  done.abort();
  await reader;
  expect(seen.size).toBeGreaterThan(1);
  expect([...seen].filter((versions) => versions.includes('and'))).toEqual([]);
});
