/** What a source has comes out of the API as it was, in content and order, however unusual it is. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SourceUnderTest } from '../activities/source-under-test.ts';
import { TOOLHIVE_DOCUMENT } from '../registry/toolhive-fixture.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;
let folder: string;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'rollcall-round-trip-'));
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

async function serveFile(text: string): Promise<void> {
  const path = join(folder, 'registry.json');
  await writeFile(path, text);
  const source = await SourceUnderTest.of(api.database, { kind: 'file', location: { path } });
  await source.sync();
}

const PASSPORT = 'io.github.example/passport';
const textOf = async (path: string): Promise<string> => (await api.get(path)).text();

describe('a server.json keeps', () => {
  test.each([
    ['the order of its members, integer-like keys included', '"b":1,"10":2,"a":3,"9":4,"":5'],
    ['numbers that JavaScript would write otherwise', '"n":[1.0,1e400,-0,0.10,1E5,12345678901234567890]'],
    ['escapes as they were written', String.raw`"e":"\u00e9\u2028\ud83d\ude00\/\t","\u0061":"é😀"`],
    ['members that are called like those of every object', '"__proto__":{"x":1},"constructor":null,"toString":""'],
    ['white space inside texts, and empty containers', '"w":"  a  \\n ","o":{},"l":[[],{}]'],
  ])('%s', async (_what, members) => {
    const document = `{"version":"1.0.0","name":"${PASSPORT}",${members},"description":"Crosses borders"}`;
    await serveFile(`[\n  {"server": ${document} }\n]`);
    const path = encodeURIComponent(PASSPORT);
    for (const answer of [
      await textOf('/v0.1/servers'),
      await textOf('/registry/default/servers.json'),
      await textOf(`/v0.1/servers/${path}/versions/1.0.0`),
    ]) {
      expect(answer).toContain(`{"server":${document},"_meta":`);
    }
  });
});

test('a ToolHive file comes out as ToolHive file, equal up to order', async () => {
  await serveFile(JSON.stringify(TOOLHIVE_DOCUMENT));
  expect(JSON.parse(await textOf('/registry/default/registry.json'))).toEqual(TOOLHIVE_DOCUMENT);
});
