import { describe, expect, test } from 'vitest';
import { draftDigest, draftFromServerJson, type DraftOutcome } from '../../registry/document/draft.ts';
import { MAX_DOCUMENT_BYTES } from '../../registry/document/structure.ts';

const SERVER = { name: 'com.example/weather', description: 'Forecasts', version: '1.0.0' };

function found(document: unknown, official?: unknown): DraftOutcome {
  return draftFromServerJson({ text: JSON.stringify(document), parsed: document, official });
}

function draftOf(outcome: DraftOutcome): Extract<DraftOutcome, { draft: unknown }> {
  if ('rejection' in outcome) throw new Error(outcome.rejection.reason);
  return outcome;
}

function reasonOf(outcome: DraftOutcome): string {
  if ('draft' in outcome) throw new Error('it was taken');
  return outcome.rejection.reason;
}

describe('a draft', () => {
  test('keeps the original text and extracts what is searched and filtered', () => {
    const text =
      '{"version":"1.0.0","zeta":1.0,"description":"Forecasts","2":[],"1":{},"name":"com.example/weather","title":"Weather"}';
    const { draft, warnings } = draftOf(draftFromServerJson({ text, parsed: JSON.parse(text) }));
    expect(warnings).toEqual([]);
    expect(draft).toEqual({
      name: 'com.example/weather',
      version: '1.0.0',
      document: text,
      title: 'Weather',
      description: 'Forecasts',
      tags: [],
      status: 'active',
      statusMessage: null,
      statusChangedAt: null,
      publishedAt: null,
      updatedAt: null,
    });
  });

  test('has the tags of every publisher and key, each once', () => {
    const provided = {
      'io.github.stacklok': { 'ghcr.io/a:1': { tags: ['a', 'b'] }, other: { tags: ['b', 'c', 5] } },
      'com.example': { x: { tags: ['d'] }, tags: ['no: one level up'], y: { z: { tags: ['no: one level down'] } } },
      'org.example': 'text',
    };
    const document = { ...SERVER, _meta: { 'io.modelcontextprotocol.registry/publisher-provided': provided } };
    expect(draftOf(found(document)).draft.tags).toEqual(['a', 'b', 'c', 'd']);
  });

  test('has the status and dates of its upstream, including microseconds', () => {
    const official = {
      status: 'deprecated',
      statusMessage: 'use another',
      statusChangedAt: '2025-10-01T00:00:00Z',
      publishedAt: '2025-09-08T23:47:09.452138Z',
      updatedAt: '2025-09-09T00:16:49.16262+02:00',
    };
    expect(draftOf(found(SERVER, official)).draft).toMatchObject(official);
  });

  test('understands the status and dates of earlier registries', () => {
    const official = { published_at: '2025-07-01T00:00:00Z', updated_at: '2025-07-02T00:00:00Z' };
    expect(draftOf(found({ ...SERVER, status: 'deprecated' }, official)).draft).toMatchObject({
      status: 'deprecated',
      publishedAt: '2025-07-01T00:00:00Z',
      updatedAt: '2025-07-02T00:00:00Z',
    });
    const toolhive = { 'io.github.stacklok': { 'ghcr.io/a:1': { status: 'Deprecated' } } };
    const document = { ...SERVER, _meta: { 'io.modelcontextprotocol.registry/publisher-provided': toolhive } };
    expect(draftOf(found(document)).draft.status).toBe('deprecated');
  });

  test('ignores meaningless dates and statuses, with a warning', () => {
    const { draft, warnings } = draftOf(
      found(SERVER, { status: 'gone', publishedAt: 'yesterday', updatedAt: '0001-01-01T00:00:00Z', statusMessage: 5 }),
    );
    expect(draft).toMatchObject({ status: 'active', publishedAt: null, updatedAt: null, statusMessage: null });
    expect(warnings).toEqual([
      'status "gone" is not one of active, deprecated, deleted; treated as active',
      "publishedAt isn't an RFC 3339 date; ignored",
    ]);
  });

  test('is made from a document that breaks the rules, with warnings', () => {
    const { draft, warnings } = draftOf(found({ ...SERVER, description: 'x'.repeat(101), repository: {} }));
    expect(draft.description).toHaveLength(101);
    expect(warnings).toEqual([
      'description must have at most 100 characters',
      'repository.url is required',
      'repository.source is required',
    ]);
  });
});

test.each([
  '2025-02-31T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  '9999-12-31T23:59:59.9999999Z',
  '2025-01-01T00:00:00+23:00',
  '2025-01-01T24:00:00Z',
  '2025-02-31T00:00:00',
  '2025-02-31',
  '2025-01-01T00:00',
  '',
])('%j is not a date that Postgres could store', (publishedAt) => {
  expect(draftOf(found(SERVER, { publishedAt })).draft.publishedAt).toBeNull();
});

test.each([
  ['2025-06-18T01:02:03.5', '2025-06-18T01:02:03.5Z'],
  ['2025-06-18 01:02:03', '2025-06-18T01:02:03Z'],
  ['2025-06-18', '2025-06-18T00:00:00Z'],
])('%j, without a time zone, is read as UTC with a warning', (publishedAt, taken) => {
  const { draft, warnings } = draftOf(found(SERVER, { publishedAt }));
  expect(draft.publishedAt).toBe(taken);
  expect(warnings).toEqual(['publishedAt has no time zone; treated as UTC']);
});

test('an entry with thousands of faults has 100 warnings, and one that counts the rest', () => {
  const environmentVariables = Array.from({ length: 4_000 }, () => ({}));
  const npm = { registryType: 'npm', identifier: 'x', transport: { type: 'stdio' }, environmentVariables };
  const { warnings } = draftOf(found({ ...SERVER, packages: [npm] }));
  expect(warnings).toHaveLength(101);
  expect(warnings[0]).toBe('packages[0].environmentVariables[0].name is required');
  expect(warnings[100]).toBe('the document has 3900 more faults');
});

describe('a rejection', () => {
  test.each([
    [[], "the entry isn't a JSON object"],
    ['text', "the entry isn't a JSON object"],
    [{ ...SERVER, name: undefined }, 'name is missing or empty'],
    [{ ...SERVER, name: '' }, 'name is missing or empty'],
    [{ ...SERVER, name: 5 }, 'name must be text: put it in quotes'],
    [{ ...SERVER, version: 1.1 }, 'version must be text: put it in quotes'],
    [{ ...SERVER, version: null }, 'version is missing or empty'],
    [{ ...SERVER, description: 2024 }, 'description must be text: put it in quotes'],
    [{ ...SERVER, description: true }, 'description must be text: put it in quotes'],
    [{ ...SERVER, name: 'weather' }, /^name must be a namespace, one slash, and a name/],
    [{ ...SERVER, name: 'a/b/c' }, /^name must be a namespace, one slash, and a name/],
    [{ ...SERVER, name: `a/${'b'.repeat(600)}` }, /at most 512 bytes long$/],
    [{ ...SERVER, version: undefined }, 'version is missing or empty'],
    [{ ...SERVER, version: ' ' }, 'version is missing or empty'],
    [{ ...SERVER, version: 'latest' }, /^version must not be "latest"/],
    [{ ...SERVER, version: '1'.repeat(600) }, 'version is longer than 512 bytes'],
    [{ ...SERVER, description: undefined }, 'description is missing or empty'],
    [{ ...SERVER, description: '' }, 'description is missing or empty'],
    [{ ...SERVER, title: 'a\0b' }, "title contains a NUL character, which can't be stored"],
    [{ ...SERVER, x: [{ 'a\0': 1 }] }, `x[0]["a\\u0000"] contains a NUL character, which can't be stored`],
    [{ ...SERVER, x: { y: '\ud83d' } }, "x.y contains an unpaired surrogate, which isn't valid Unicode"],
    [{ ...SERVER, NAME: 'a/another' }, 'NAME differs only in case from a standard member'],
    [{ ...SERVER, verſion: '2.0.0' }, /^\["ver\u017fion"\] differs only in case from a standard member/],
    [{ ...SERVER, x: 'x'.repeat(MAX_DOCUMENT_BYTES) }, 'the document is larger than 1048576 bytes'],
  ])('of %j says why', (document, reason) => {
    expect(reasonOf(found(document))).toMatch(reason);
  });

  test('of a document that is nested too deeply doesn’t exhaust the stack', () => {
    const text = `{"name":"a/b","version":"1","description":"d","x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(reasonOf(draftFromServerJson({ text, parsed: JSON.parse(text) }))).toBe(
      'x[0][0] is nested deeper than 100 levels',
    );
  });

  test('names the entry as far as the name can be stored', () => {
    const outcome = found({ name: `\0${'n'.repeat(300)}`, version: 'latest' });
    expect(outcome).toMatchObject({ rejection: { name: 'n'.repeat(200), version: 'latest' } });
  });
});

test('the digest depends on everything that is served', () => {
  const official = { status: 'active', publishedAt: '2025-09-08T23:47:09Z' };
  const digest = (document: unknown, meta: unknown): string =>
    draftDigest(draftOf(found(document, meta)).draft).toString('hex');
  const digests = [
    digest(SERVER, official),
    digest({ ...SERVER, title: 'Weather' }, official),
    digest(SERVER, { ...official, status: 'deprecated' }),
    digest(SERVER, { ...official, statusMessage: 'late' }),
    digest(SERVER, { ...official, publishedAt: '2025-09-08T23:47:10Z' }),
    digest(SERVER, { ...official, updatedAt: '2025-09-08T23:47:09Z' }),
    digest(SERVER, { ...official, isLatest: true }),
    digest(SERVER, { ...official, publishedAt: undefined, statusChangedAt: '2025-09-08T23:47:09Z' }),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(digest(SERVER, { ...official, isLatest: false })).toBe(digests[0]);
});
