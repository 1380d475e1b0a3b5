import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DataSetEntry, dataSetEntries, writeDataSet } from '../../bench/data/data-set.ts';
import { draftFromServerJson } from '../../registry/document/draft.ts';

const ENTRIES = 5000;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollcall-data-set-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

test('a data set is the same, byte for byte, whenever it is generated', async () => {
  const written = await writeDataSet(join(directory, 'same.json'), { entries: ENTRIES, versionsPerServer: 'real' });
  expect(written.entries).toBe(ENTRIES);
  expect(written.digest).toBe('c692ff79f354778934302018a33d2dc55c4147cc74ed22cbf594c9766f598d36');
});

test('its servers have different names, and versions of one server differ', () => {
  const entries = [...dataSetEntries({ entries: ENTRIES, versionsPerServer: 'real' })];
  const keys = new Set(entries.map(({ server }) => `${server.name} ${server.version}`));
  expect(keys.size).toBe(ENTRIES);
});

test('every entry is accepted, with no warnings except the empty repositories that real documents have too', () => {
  for (const { server } of dataSetEntries({ entries: ENTRIES, versionsPerServer: 'real' })) {
    const outcome = draftFromServerJson({ text: JSON.stringify(server), parsed: server });
    const warnings =
      JSON.stringify(server['repository']) === '{}'
        ? ['repository.url is required', 'repository.source is required']
        : [];
    expect(outcome).toMatchObject({ draft: { name: server.name, version: server.version }, warnings });
  }
});

test('documents are as large as those of the official registry', () => {
  const sizes = [...dataSetEntries({ entries: 100_000, versionsPerServer: 'real' })]
    .map(({ server }) => JSON.stringify(server).length)
    .sort((a, b) => a - b);
  const at = (share: number): number => sizes[Math.floor(share * sizes.length)]!;
  expect(at(0.1)).toSatisfy(within(330, 410));
  expect(at(0.5)).toSatisfy(within(510, 610));
  expect(at(0.9)).toSatisfy(within(1250, 1800));
  expect(at(0.99)).toSatisfy(within(3000, 4500));
});

test('one version per server, as a page of the registry API, with one changed entry', async () => {
  const options = { entries: 100, versionsPerServer: 1 } as const;
  const before = await writeDataSet(join(directory, 'before.json'), options, 'page');
  const after = await writeDataSet(join(directory, 'after.json'), { ...options, changedEntry: 42 }, 'page');
  const [old, changed] = await Promise.all([readPage(before.path), readPage(after.path)]);
  expect(new Set(old.map(({ server }) => server.name)).size).toBe(100);
  const differing = old.flatMap((entry, index) =>
    JSON.stringify(entry) === JSON.stringify(changed[index]) ? [] : [index],
  );
  expect(differing).toEqual([42]);
});

function within(low: number, high: number): (value: number) => boolean {
  return (value) => value >= low && value <= high;
}

async function readPage(path: string): Promise<DataSetEntry[]> {
  return (JSON.parse(await readFile(path, 'utf8')) as { servers: DataSetEntry[] }).servers;
}
