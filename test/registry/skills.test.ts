import { describe, expect, test } from 'vitest';
import type { EntryDraft } from '../../registry/entry.ts';
import { ENTRY_KINDS, entryLabel, kindOfName, servedName, storedName } from '../../registry/entry-kind.ts';
import { isUsableServerName } from '../../registry/server-json/name.ts';
import { checkSkill } from '../../registry/skills/check-skill.ts';
import { servedText } from '../../registry/skills/served-skill.ts';
import { draftFromSkill } from '../../registry/skills/skill-draft.ts';

const PDF = { namespace: 'io.github.someone', name: 'pdf-forms', description: 'Fills in forms', version: '1.0.0' };

function read(document: unknown, kind: 'skill' | 'plugin' = 'skill'): ReturnType<typeof draftFromSkill> {
  return draftFromSkill(kind, { text: JSON.stringify(document), parsed: document });
}

function draftOf(document: unknown): EntryDraft {
  const outcome = read(document);
  if ('rejection' in outcome) throw new Error(outcome.rejection.reason);
  return outcome.draft;
}

function faultsOf(document: unknown, kind: 'skill' | 'plugin' = 'skill'): string[] {
  return checkSkill(kind, document, JSON.stringify(document)).map(({ path, message }) => `${path} ${message}`);
}

test('what another Rollcall says about an entry has no names with underscores: only servers had them', () => {
  const state = { published_at: '2025-01-01T00:00:00Z', is_latest: true, updatedAt: '2025-02-01T00:00:00Z' };
  const draft = draftOf({ ...PDF, _meta: { 'dev.rollcall/entry': state } });
  expect(draft).toMatchObject({ publishedAt: null, updatedAt: '2025-02-01T00:00:00Z' });
  expect(draft.isUpstreamLatest).toBeUndefined();
});

describe('stored names', () => {
  test.each(ENTRY_KINDS)('of a %s say its kind', (kind) => {
    const stored = storedName(kind, 'com.example/pdf');
    expect([kindOfName(stored), servedName(stored)]).toEqual([kind, 'com.example/pdf']);
  });

  test('have a prefix for skills and plugins only', () => {
    const stored = ENTRY_KINDS.map((kind) => storedName(kind, 'com.example/pdf'));
    expect(stored).toEqual(['com.example/pdf', 'skill:com.example/pdf', 'plugin:com.example/pdf']);
    expect(stored.map(entryLabel)).toEqual(['com.example/pdf', 'skill com.example/pdf', 'plugin com.example/pdf']);
  });

  test('of skills and plugins can’t be names of servers', () => {
    expect(isUsableServerName('skill:com.example/pdf')).toBe(false);
    expect(isUsableServerName('plugin:com.example/pdf')).toBe(false);
    expect(isUsableServerName('skills:com.example/pdf')).toBe(true);
  });
});

describe('a published document', () => {
  test('with all members has no faults', () => {
    const packages = [
      { registryType: 'oci', identifier: 'ghcr.io/someone/pdf:1.0.0', digest: 'sha256:00' },
      { registryType: 'git', url: 'https://github.com/someone/skills', commit: 'abc', subfolder: 'pdf' },
    ];
    const provenance = { signer_identity: '', attestation: { predicate: { a: 1 } } };
    const document = { ...PDF, status: 'deprecated', allowedTools: ['Read'], packages, provenance, unknown: 1 };
    expect(faultsOf(document)).toEqual([]);
    expect(faultsOf({ ...PDF, packages, provenance }, 'plugin')).toEqual([]);
  });

  test.each([
    [{ ...PDF, namespace: 'io/github' }, /^namespace must be in reverse-DNS form/],
    [{ ...PDF, name: 'PDF' }, /^name must have at least two lower-case/],
    [{ ...PDF, version: 'latest' }, /^version must be a specific version/],
    [{ ...PDF, description: '' }, /^description must not be empty/],
    [{ ...PDF, description: 'Fills in \u202e forms' }, /^description must not contain control or bidirectional/],
    [{ ...PDF, title: 'PDF \u202e forms' }, /^title must not contain control or bidirectional/],
    [{ ...PDF, title: ' PDF' }, /^title must not begin or end with white space/],
    [{ ...PDF, status: 'ACTIVE' }, /^status must be one of active, deprecated, archived/],
    [{ ...PDF, packages: [{ registryType: 'oci' }] }, /^packages\[0\]\.identifier is required for oci packages/],
    [{ ...PDF, packages: [{ registryType: 'git' }] }, /^packages\[0\]\.url is required for git packages/],
    [{ ...PDF, packages: [{ registryType: 'npm' }] }, /^packages\[0\]\.registryType must be one of oci, git/],
    [{ ...PDF, provenance: { signer: 'me' } }, /^provenance has the unknown members signer/],
    [{ ...PDF, allowedTools: ['Read', 'Read'] }, /^allowedTools must not have a tool twice/],
    [{ ...PDF, Namespace: 'com.other' }, /^Namespace differs only in case/],
  ])('with a fault is refused: %#', (document, fault) => {
    expect(faultsOf(document).join()).toMatch(fault);
  });
});

describe('an entry of a source', () => {
  test('is stored under its kind, with its text unchanged', () => {
    const text = '{"namespace":"a.b","name":"c","version":"1","description":"d","metadata":{"n":1.0,"tags":["x"]}}';
    const outcome = draftFromSkill('plugin', { text, parsed: JSON.parse(text) });
    expect(outcome).toMatchObject({ draft: { name: 'plugin:a.b/c', version: '1', document: text, tags: ['x'] } });
  });

  test.each([
    ['ACTIVE', 'active'],
    ['Archived', 'archived'],
    ['deprecated', 'deprecated'],
    [undefined, 'active'],
  ])('with the status %s is %s, without a warning', (status, stored) => {
    expect(read({ ...PDF, status })).toMatchObject({ draft: { status: stored }, warnings: [] });
  });

  test('with an unknown status is active, with a warning', () => {
    const outcome = read({ ...PDF, status: 'deleted' });
    expect(outcome).toMatchObject({ draft: { status: 'active' } });
    expect(outcome).toMatchObject({ warnings: [expect.stringContaining('status must be one of')] });
  });

  test('that can’t be served is rejected with its name', () => {
    expect(read({ ...PDF, version: 1.1 })).toEqual({
      rejection: {
        name: 'skill:io.github.someone/pdf-forms',
        version: null,
        reason: 'version must be text: put it in quotes',
      },
    });
    expect(read({ ...PDF, name: 'a/b' })).toMatchObject({ rejection: { reason: expect.stringContaining('slash') } });
    expect(read({ ...PDF, namespace: '' })).toMatchObject({
      rejection: { reason: expect.stringContaining('missing') },
    });
    expect(read([])).toMatchObject({ rejection: { name: null } });
  });

  test('that breaks only rules for publishing is served, with warnings', () => {
    const outcome = read({ ...PDF, name: 'PDF', packages: [{ registryType: 'oci' }] });
    expect(outcome).toMatchObject({ draft: { name: 'skill:io.github.someone/PDF' } });
    expect(outcome).toHaveProperty('warnings.length', 2);
  });
});

describe('a served document', () => {
  const text =
    '{"2":1e3,"namespace":"a.b","name":"cd","status":"ACTIVE","_meta":{"com.example/x":{"n":1.0}},"1":"\\u00e9","version":"1","description":"d"}';
  const state = { status: 'archived', isLatest: true, publishedAt: '2026-01-01T00:00:00Z' };
  const served = servedText(text, 'archived', { 'dev.rollcall/entry': state });

  test('has the current status and Rollcall’s data, and is otherwise as it was published', () => {
    expect(served).toBe(
      `{"2":1e3,"namespace":"a.b","name":"cd","status":"archived","_meta":{"com.example/x":{"n":1.0},"dev.rollcall/entry":${JSON.stringify({ ...state, documentStatus: 'ACTIVE' })}},"1":"\\u00e9","version":"1","description":"d"}`,
    );
  });

  test('is read by another Rollcall with its status, dates, and latest mark, and without the first one’s data', () => {
    const draft = draftFromSkill('skill', { text: served, parsed: JSON.parse(served) });
    expect(draft).toMatchObject({
      draft: { status: 'archived', publishedAt: '2026-01-01T00:00:00Z', isUpstreamLatest: true },
      warnings: [],
    });
    expect(draft).toHaveProperty('draft.document', text);
  });

  test('of a deleted entry makes a tombstone', () => {
    const deleted = servedText(JSON.stringify(PDF), 'deleted', { 'dev.rollcall/entry': { status: 'deleted' } });
    expect(draftOf(JSON.parse(deleted))).toMatchObject({ status: 'deleted', document: JSON.stringify(PDF) });
  });
});
