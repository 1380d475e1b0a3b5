import { expect, test } from 'vitest';
import type { SourceState } from '../../workflows/contract/source-actor.ts';
import type { SyncReport } from '../../workflows/contract/syncs.ts';
import { definitionDigest, definitionFingerprint } from '../../registry/definition-digest.ts';
import { kindOf } from '../../sources/index.ts';
import { renderDetails } from '../../workflows/source/details.ts';
import { mergeRequests, readSyncRequest } from '../../workflows/source/sync-request.ts';
import { gitSource, MANAGED, newState } from './source-states.ts';

const ENDED = '2026-01-31T09:30:12.345Z';
const succeeded: SyncReport = {
  number: 7,
  trigger: 'timer',
  startedAt: '2026-01-31T09:30:00.000Z',
  endedAt: ENDED,
  outcome: 'changed',
  counts: { entries: 120, added: 3, changed: 2, removed: 1, rejected: 4, warnings: 5 },
  upstreamRevision: '0123456789abcdef0123456789abcdef01234567',
};
const failed: SyncReport = {
  number: 8,
  trigger: 'message',
  startedAt: ENDED,
  endedAt: '2026-01-31T10:00:00Z',
  outcome: 'failed',
  failure: { type: 'DocumentInvalid', message: 'line 3: expected ","\nbut found | instead' },
};

test('the details of a failing source say what is wrong, when it retries, and how earlier syncs went', () => {
  const state: SourceState = {
    ...newState(gitSource('official')),
    cycle: 12,
    consecutiveFailures: 1,
    recentSyncs: [failed, succeeded],
    lastCheckedAt: '2026-01-31T09:59:00Z',
    lastSuccessAt: ENDED,
    nextCycleAtMs: Date.parse('2026-01-31T10:00:08Z'),
  };
  expect(renderDetails(state, 'failing')).toMatchInlineSnapshot(`
    "- **Source:** official, git https://git.example/servers.git (default branch)
    - **Phase:** failing: it retries automatically
    - **Next cycle:** 2026-01-31 10:00:08 UTC
    - **Last check:** 2026-01-31 09:59:00 UTC
    - **Last success:** 2026-01-31 09:30:12 UTC
    - **Failures in a row:** 1
    - **Entries:** 120 (4 rejected, 5 warnings)

    ### Last error

    **DocumentInvalid** in sync 8: line 3: expected "," but found | instead

    ### Last syncs

    | sync | ended (UTC) | trigger | outcome | added | changed | removed | rejected | revision or error |
    |---:|---|---|---|---:|---:|---:|---:|---|
    | 8 | 2026-01-31 10:00:00 | message | failed |  |  |  |  | DocumentInvalid |
    | 7 | 2026-01-31 09:30:12 | timer | changed | 3 | 2 | 1 | 4 | 0123456789ab |"
  `);
});

test('a sync without anything to read doesn’t hide the number of entries', () => {
  const counts = { entries: 0, added: 0, changed: 0, removed: 0, rejected: 0, warnings: 0 };
  const state: SourceState = {
    ...newState(gitSource('a')),
    recentSyncs: [{ ...succeeded, number: 8, outcome: 'unchanged', counts }, succeeded],
  };
  expect(renderDetails(state, 'idle')).toContain('**Entries:** 120 (4 rejected, 5 warnings)');
});

test('a managed source shows neither syncs nor a timer', () => {
  const details = renderDetails(newState({ ...gitSource('own'), ...MANAGED }), 'idle');
  expect(details).toContain('entries published here');
  expect(details).not.toMatch(/sync|next/i);
});

test('a paused source says so', () => {
  const details = renderDetails({ ...newState(gitSource('a')), paused: true }, 'paused');
  expect(details).toContain('**Next cycle:** none while paused');
});

test('the origin of a source is shown without credentials and query strings', () => {
  const origin = {
    kind: 'file',
    location: { url: 'https://ada:secret@files.example/registry.json?token=secret#secret', timeoutMs: 1 },
  };
  const label = kindOf(origin).label(origin);
  expect(label).toBe('file https://files.example/registry.json');
});

test('fingerprints ignore the order of members and depend on the definition; digests ignore the policy', () => {
  const { name, origin, syncPolicy } = gitSource('a');
  const other = { syncPolicy, origin: { ...origin, path: 'other.json' } as typeof origin, name };
  const slower = { name, origin, syncPolicy: { ...syncPolicy, intervalMs: 1 } };
  expect(definitionFingerprint({ syncPolicy, origin, name })).toBe(definitionFingerprint(gitSource('a')));
  expect(definitionFingerprint(other)).not.toBe(definitionFingerprint(gitSource('a')));
  expect(definitionFingerprint(slower)).not.toBe(definitionFingerprint(gitSource('a')));
  expect(definitionDigest(other)).not.toBe(definitionDigest(gitSource('a')));
  expect(definitionDigest(slower)).toBe(definitionDigest(gitSource('a')));
});

test('requests are validated and combined into one', () => {
  expect(readSyncRequest(undefined)).toEqual({});
  expect(readSyncRequest('now')).toEqual({});
  expect(readSyncRequest({ requestedBy: 'x'.repeat(10_000), reason: 1, force: 'true' })).toEqual({
    requestedBy: 'x'.repeat(500),
  });
  const first = mergeRequests(undefined, { requestedBy: 'ada', reason: 'a release', force: true }, 'message');
  expect(mergeRequests(first, { requestedBy: 'grace' }, 'message')).toEqual({
    requestedBy: 'grace',
    force: true,
    trigger: 'message',
  });
  expect(mergeRequests(first, {}, 'definition')).toEqual(first);
});
