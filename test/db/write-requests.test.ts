import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { carryOutWrite, type EntryWrite, putWriteRequest, type WriteOutcome } from '../../db/writes/write-requests.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { entriesOf, revisionOf, source, useSources } from './sync-source.ts';

let target: TestDatabase;
let requests = 0;
beforeEach(async () => {
  target = await createTestDatabase();
  await useSources(target.database, source('published', 'managed'), source('mirror'));
});
afterEach(async () => {
  await target.drop();
});

const name = 'com.example/own';
const documentOf = (version: string, description = 'Does things'): string =>
  JSON.stringify({ name, version, description });
const publishing = (version: string): EntryWrite => ({ kind: 'publish', name, version, document: documentOf(version) });

async function write(asked: EntryWrite): Promise<WriteOutcome> {
  const key = { sourceName: 'published', requestId: `request-${requests++}` };
  await putWriteRequest(target.database, key, { write: asked });
  return await carryOutWrite(target.database, key);
}

const versions = async (includeDeleted = false): Promise<string[]> =>
  (await entriesOf(target.database, { includeDeleted })).map(
    (entry) => `${entry.version} ${entry.status}${entry.isLatest ? ' latest' : ''}`,
  );

test('publishing is visible at once, and moves the latest version', async () => {
  const revision = await revisionOf(target.database);
  expect(await write(publishing('1.0.0'))).toEqual({ entries: 1 });
  expect(await write(publishing('1.1.0'))).toEqual({ entries: 1 });
  expect(await versions()).toEqual(['1.0.0 active', '1.1.0 active latest']);
  expect(await revisionOf(target.database)).toBe(revision + 2);
  expect((await entriesOf(target.database))[0]?.document).toBe(documentOf('1.0.0'));
});

test('a version is published once, even after it was deleted', async () => {
  await write(publishing('1.0.0'));
  expect(await write(publishing('1.0.0'))).toMatchObject({ failure: { type: 'EntryExists' } });
  expect(await write({ kind: 'remove', name, version: '1.0.0' })).toMatchObject({ entries: 1 });
  expect(await versions()).toEqual([]);
  expect(await versions(true)).toEqual(['1.0.0 deleted latest']);
  expect(await write(publishing('1.0.0'))).toMatchObject({ failure: { type: 'EntryExists' } });
  expect(await write({ kind: 'remove', name, version: '1.0.0' })).toMatchObject({ failure: { type: 'EntryNotFound' } });
});

test('replacing changes the document and updatedAt, and needs an existing version', async () => {
  await write(publishing('1.0.0'));
  const [before] = await entriesOf(target.database);
  const replacing: EntryWrite = { kind: 'replace', name, version: '1.0.0', document: documentOf('1.0.0', 'Does more') };
  expect(await write(replacing)).toEqual({ entries: 1 });
  const [after] = await entriesOf(target.database, { search: 'does more' });
  expect(after).toMatchObject({ document: replacing.document, publishedAt: before?.publishedAt });
  expect(String(after?.updatedAt) > String(before?.updatedAt)).toBe(true);
  expect(await write(replacing)).toEqual({ entries: 0 });
  expect(await write({ ...replacing, version: '2.0.0' })).toMatchObject({ failure: { type: 'EntryNotFound' } });
});

describe('a status', () => {
  const deprecating = (version: string | null, statusMessage = 'use another'): EntryWrite => ({
    kind: 'status',
    name,
    version,
    status: 'deprecated',
    statusMessage,
  });

  test('is set on one version, with its message', async () => {
    await write(publishing('1.0.0'));
    await write(publishing('2.0.0'));
    expect(await write(deprecating('1.0.0'))).toEqual({ entries: 1, versions: ['1.0.0'] });
    const [first] = await entriesOf(target.database);
    expect(first).toMatchObject({ status: 'deprecated', statusMessage: 'use another' });
    expect(await write(deprecating('1.0.0'))).toMatchObject({ failure: { type: 'EntryUnchanged' } });
    expect(await write(deprecating('1.0.0', 'another message'))).toMatchObject({ entries: 1 });
    const [again] = await entriesOf(target.database);
    expect(again).toMatchObject({ statusMessage: 'another message', statusChangedAt: first?.statusChangedAt });
  });

  test('is set on all versions at once, if they don’t have it', async () => {
    await write(publishing('1.0.0'));
    await write(publishing('2.0.0'));
    await write(deprecating('2.0.0'));
    expect(await write(deprecating(null))).toEqual({ entries: 1, versions: ['1.0.0'] });
    expect(await versions()).toEqual(['1.0.0 deprecated', '2.0.0 deprecated latest']);
    expect(await write(deprecating(null))).toMatchObject({ failure: { type: 'EntryUnchanged' } });
  });

  test('deleted passes the latest version on, and active brings it back', async () => {
    await write(publishing('1.0.0'));
    await write(publishing('2.0.0'));
    await write({ kind: 'status', name, version: '2.0.0', status: 'deleted', statusMessage: null });
    expect(await versions(true)).toEqual(['1.0.0 active latest', '2.0.0 deleted']);
    await write({ kind: 'status', name, version: '2.0.0', status: 'active', statusMessage: null });
    expect(await versions()).toEqual(['1.0.0 active', '2.0.0 active latest']);
  });

  test('of a missing version is not set', async () => {
    expect(await write(deprecating('1.0.0'))).toMatchObject({ failure: { type: 'EntryNotFound' } });
    expect(await write(deprecating(null))).toMatchObject({ failure: { type: 'EntryNotFound' } });
  });
});

describe('a request', () => {
  const key = { sourceName: 'published', requestId: 'the key' };

  test('is carried out once, however often it is stored and executed', async () => {
    const put = async (): Promise<WriteOutcome | null> =>
      await putWriteRequest(target.database, key, { write: publishing('1.0.0') });
    expect(await put()).toBeNull();
    expect(await put()).toBeNull();
    const outcomes = await Promise.all([1, 2, 3].map(async () => await carryOutWrite(target.database, key)));
    expect(outcomes).toEqual([{ entries: 1 }, { entries: 1 }, { entries: 1 }]);
    expect(await put()).toEqual({ entries: 1 });
    expect(await versions()).toHaveLength(1);
  });

  test('with the key of another one is refused', async () => {
    await putWriteRequest(target.database, key, { write: publishing('1.0.0') });
    await expect(putWriteRequest(target.database, key, { write: publishing('2.0.0') })).rejects.toMatchObject({
      type: 'RequestConflict',
    });
  });

  test('to a source that isn’t managed, doesn’t exist, or is detached is refused', async () => {
    const put = async (sourceName: string): Promise<unknown> =>
      await putWriteRequest(target.database, { sourceName, requestId: 'any' }, { write: publishing('1.0.0') });
    await expect(put('mirror')).rejects.toMatchObject({ type: 'SourceNotManaged' });
    await expect(put('nowhere')).rejects.toMatchObject({ type: 'SourceNotFound' });
    await useSources(target.database, source('mirror'));
    await expect(put('published')).rejects.toMatchObject({ type: 'SourceNotFound' });
  });

  test('that was never stored can’t be carried out', async () => {
    await expect(carryOutWrite(target.database, key)).rejects.toMatchObject({ type: 'EntryNotFound' });
  });
});
