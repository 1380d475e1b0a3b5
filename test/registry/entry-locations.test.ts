/** The locations of findings. */
import { describe, expect, test } from 'vitest';
import { DocumentReader, type DocumentReaderOptions } from '../../registry/document/reader.ts';

/** `name: location` of each finding, read in pieces of this many bytes. */
function locations(document: string, { piece = 1_000, ...options }: DocumentReaderOptions & { piece?: number } = {}) {
  const bytes = Buffer.from(document);
  const reader = new DocumentReader(options);
  const findings = [];
  for (let at = 0; at < bytes.length; at += piece) {
    findings.push(...reader.push(Uint8Array.from(bytes.subarray(at, at + piece))).findings);
  }
  findings.push(...reader.end().findings);
  return findings.map(({ name, location }) => `${name}: ${location}`);
}

describe.each([1, 7, 1_000])('in JSON, in pieces of %d bytes', (piece) => {
  test.each<[string, string, string[]]>([
    ['a list', '[\n  {"name": "a"},\n\n  {"name":\n"b"}, {"name": "c"}\n]', ['a: 2, 3', 'b: 4, 3', 'c: 5, 7']],
    [
      'items',
      '{"servers":[\n {"server": {"name": "a"}},\n {"_meta": {}, "server": {"name": "b"}}]}',
      ['a: 2, 2', 'b: 3, 2'],
    ],
    ['an envelope', '{\n"data": {\n"servers": [ {"name": "a"} ]}}', ['a: 3, 14']],
    [
      'groups',
      '{"data":{"servers":[],"groups":[\n {"servers": [{"name": "a"},\n\n {"name": "b"}]}\n]}}',
      ['a: 2, 15', 'b: 4, 2'],
    ],
    ['one server', '\n\n  {"name": "a"}', ['a: 3, 3']],
    ['lines that end as on Windows', '[\r\n{"name": "a"},\r\n{"name": "b"}]', ['a: 2, 1', 'b: 3, 1']],
    [
      'ToolHive maps and groups',
      `{"servers": {\n  "a": {}},\n"remote_servers": {"b":\n {}},\n"groups": [\n{"name": "g",\n "servers": {"c": {},\n  "d": {}}, "remote_servers": {\n"e": {}}}]}`,
      ['a: 2, 8', 'b: 4, 2', 'c: 7, 19', 'd: 8, 8', 'e: 9, 6'],
    ],
  ])('%s', (_, document, expected) => {
    const found = locations(document, { piece }).map((text) => text.replace('io.github.stacklok/', ''));
    expect(found).toEqual(expected.map(written));
  });
});

test.each<[string, string, string[]]>([
  ['a list', '- name: a\n\n# comment\n- {name: b}\n- name: c', ['a: 1, 3', 'b: 4, 3', 'c: 5, 3']],
  ['servers', 'version: "1"\nservers:\n  - name: a\n  -\n    name: b', ['a: 3, 5', 'b: 5, 5']],
  [
    'an envelope with groups',
    'data:\n  servers: [{name: a}]\n  groups:\n  - name: g\n    servers:\n    - name: b',
    ['a: 2, 13', 'b: 6, 7'],
  ],
  ['a ToolHive map', 'servers:\n  a:\n    image: 1\n  "b": {}', ['a: 2, 3', 'b: 4, 3']],
  ['a ToolHive group', 'groups:\n- name: g\n  servers:\n    a: {}\n  remote_servers: {b: {}}', ['a: 4, 5', 'b: 5, 20']],
  ['aliases', 'x:\n  - &bad {name: a}\nservers:\n  - *bad\n  - *bad', ['a: 4, 5', 'a: 5, 5']],
  ['a list that is an alias', 'x: &list\n  - {name: a}\nservers: *list', ['a: 2, 5']],
  ['one server', '# ours\n\nname: a', ['a: 3, 1']],
  ['characters of several bytes', '- {title: äöü, name: a}\n- {name: "€"}', ['a: 1, 3', '€: 2, 3']],
])('in YAML: %s', (_, document, expected) => {
  const found = locations(document, { syntax: 'yaml' }).map((text) => text.replace('io.github.stacklok/', ''));
  expect(found).toEqual(expected.map(written));
});

test('an entry from a merge key has no line, but its file', () => {
  const document = 'x: &more\n  a: {}\nservers:\n  <<: *more\n  b: {}';
  expect(locations(document, { syntax: 'yaml', file: 'all.yaml' }).toSorted()).toEqual([
    'io.github.stacklok/a: all.yaml',
    'io.github.stacklok/b: all.yaml, line 5, column 3',
  ]);
});

test('one of several files is named, and an entry of a page has its number', () => {
  const document = '[{"name": "a"},\n{"name": "b"}]';
  expect(locations(document, { file: 'servers/x.json', firstOrdinal: 10 })).toEqual([
    'a: servers/x.json, line 1, column 2',
    'b: servers/x.json, line 2, column 1',
  ]);
  expect(locations(document, { page: 'page 3', firstOrdinal: 10 })).toEqual([
    'a: page 3, entry 1',
    'b: page 3, entry 2',
  ]);
});

test('warnings have the location of their entry', () => {
  const document = '[\n{"name": "com.example/a", "version": "1", "description": "d", "title": 1}]';
  expect(locations(document)).toEqual(['com.example/a: line 2, column 1']);
});

/** `a: 2, 3` as `a: line 2, column 3`. */
function written(short: string): string {
  return short.replace(/(\d+), (\d+)$/, 'line $1, column $2');
}
