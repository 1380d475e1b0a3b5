/** Entries come out of the API with their original content and order, however unusual they are. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SourceUnderTest } from '../activities/source-under-test.ts';
import { TOOLHIVE_DOCUMENT } from '../registry/toolhive-fixture.ts';
import { type Item, label, official, type Page, readJson, readPage } from './items.ts';
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
    ['numbers that JavaScript would write differently', '"n":[1.0,1e400,-0,0.10,1E5,12345678901234567890]'],
    ['escapes as they were written', String.raw`"e":"\u00e9\u2028\ud83d\ude00\/\t","\u0061":"é😀"`],
    ['members named like those of every object', '"__proto__":{"x":1},"constructor":null,"toString":""'],
    ['white space inside texts, and empty containers', '"w":"  a  \\n ","o":{},"l":[[],{}]'],
  ])('%s', async (_what, members) => {
    const document = `{"version":"1.0.0","name":"${PASSPORT}",${members},"description":"Crosses borders"}`;
    await serveFile(`[\n  {"server": ${document} }\n]`);
    const path = encodeURIComponent(PASSPORT);
    // The API learns about the new revision from a notification.
    for (const place of ['/v0.1/servers', '/registry/default/servers.json', `/v0.1/servers/${path}/versions/1.0.0`]) {
      await expect.poll(() => textOf(place)).toContain(`{"server":${document},"_meta":`);
    }
  });
});

describe('entries as in the official registry, of every generation and with every oddity', () => {
  const text = readFileSync(new URL('../fixtures/official/servers.json', import.meta.url), 'utf8');
  const items = JSON.parse(text) as Item[];
  const bySource = (list: readonly Item[]): Record<string, Item> =>
    Object.fromEntries(list.map((item) => [label(item), item]));

  beforeAll(() => serveFile(text));

  test('are unchanged in every list and read, in content and order of members', async () => {
    const lists = [
      await readPage(api, '/v0.1/servers?limit=1000&include_deleted=true'),
      await readPage(api, '/v0.1/servers?limit=1000&updated_since=2000-01-01T00:00:00Z'),
    ];
    for (const { servers } of lists) expect(servers.map(label).toSorted()).toEqual(items.map(label).toSorted());
    const listed = bySource(lists[0]!.servers);
    for (const item of items) {
      const { name, version } = item.server;
      const path = `/v0.1/servers/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
      const read = await readJson<Item>(api, `${path}?include_deleted=true`);
      expect(JSON.stringify(read.server)).toBe(JSON.stringify(item.server));
      expect(listed[label(item)]).toEqual(read);
    }
    const live = items.filter((item) => official(item)['status'] !== 'deleted');
    const exported = bySource((await readJson<Page>(api, '/registry/default/servers.json')).servers);
    expect(Object.keys(exported)).toHaveLength(live.length);
    for (const item of live) expect(JSON.stringify(exported[label(item)]?.server)).toBe(JSON.stringify(item.server));
  });

  test('keep their status and dates, to the last digit', async () => {
    const { servers } = await readPage(api, '/v0.1/servers?limit=1000&include_deleted=true');
    const listed = bySource(servers);
    for (const item of items) expect(official(listed[label(item)])).toMatchObject(official(item));
  });

  test('can be read from the export, and are unchanged again', async () => {
    const files = ['servers.json', 'upstream-registry.json'];
    for (const file of files) {
      const first = await textOf(`/registry/default/${file}`);
      await serveFile(first);
      const documentsOf = (page: string): string[] =>
        [...page.matchAll(/^(?:\{"server":)?(\{"\$schema".*)/gm)].map(([line]) => line);
      const withoutSource = (page: string): string[] =>
        documentsOf(page).map((line) => line.replace(/"source":"source-\d+"/, ''));
      expect(documentsOf(first).length).toBeGreaterThan(2);
      expect(withoutSource(await textOf(`/registry/default/${file}`))).toEqual(withoutSource(first));
      await serveFile(text);
    }
  });
});

test('a ToolHive file comes out as a ToolHive file, equal except for order', async () => {
  await serveFile(JSON.stringify(TOOLHIVE_DOCUMENT));
  expect(JSON.parse(await textOf('/registry/default/registry.json'))).toEqual(TOOLHIVE_DOCUMENT);
});
