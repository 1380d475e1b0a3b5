/** Documents that are part of the definition of a source. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OutboundGuard } from '../../outbound/guard.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { updateSource } from '../../db/configuration/created-sources.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});

type Origin = SourceUnderTest['definition']['origin'];

const inline = (data: string): Origin => ({ kind: 'file', location: { data } });
const servers = (prefix: string, count: number): string =>
  envelope(Array.from({ length: count }, (_, index) => serverJson(`com.example/${prefix}-${index}`)));

describe.each<[string, (data: string) => Promise<SourceUnderTest>]>([
  ['in the configuration file', (data) => SourceUnderTest.of(testDatabase.database, inline(data))],
  [
    'of a source that was created through the API',
    (data) => SourceUnderTest.ofApi(testDatabase.database, inline(data), new OutboundGuard({ allow: [] })),
  ],
])('inline data %s', (where, create) => {
  const replace = async (source: SourceUnderTest, data: string): Promise<void> => {
    if (where.includes('API')) {
      source.definition = { ...source.definition, origin: inline(data) };
      await updateSource(testDatabase.database, { definition: source.definition, claims: null });
    } else await source.redefine({ origin: inline(data) });
  };

  test('can be replaced as a whole', async () => {
    const source = await create(servers('old', 20));
    await source.sync();
    await replace(source, servers('new', 5));
    expect(await source.sync()).toMatchObject({ outcome: 'changed', counts: { added: 5, removed: 20 } });
  });

  test('can be emptied', async () => {
    const source = await create(servers('one', 20));
    await source.sync();
    await replace(source, '{"servers": []}');
    expect(await source.sync()).toMatchObject({ outcome: 'changed', counts: { entries: 0, removed: 20 } });
  });

  test('keeps what is served while all of its entries are rejected', async () => {
    const source = await create(servers('kept', 20));
    await source.sync();
    await replace(source, envelope([{ name: 'com.example/without-version' }]));
    expect(await source.failedSync()).toMatchObject({ type: 'AllEntriesRejected' });
    await replace(source, servers('kept', 20));
    expect(await source.sync({ force: true })).toMatchObject({ counts: { entries: 20, added: 0 } });
  });

  test('shows its author what is wrong, and where', async () => {
    const source = await create('{"servers": [}');
    const { type, message } = await source.failedSync();
    expect({ type, message }).toEqual({
      type: 'DocumentInvalid',
      message: expect.stringMatching(/^data: .*line 1, column 14/),
    });
  });
});
