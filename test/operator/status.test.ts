import { describe, expect, test } from 'vitest';
import { readResource, type RegistryResource } from '../../operator/resource.ts';
import { deriveStatus, type Observation } from '../../operator/status.ts';
import { sourceState, type SourceState } from '../../operator/sync-state.ts';
import { defined, type JsonObject } from '../../registry/json.ts';
import type { SourceDescription } from '../../workflows/contract/source-actor.ts';
import type { SyncReport } from '../../workflows/contract/syncs.ts';
import { condition } from './operator-cluster.ts';

const NOW = '2026-01-31T09:30:00.123Z';
const READY = { status: { readyReplicas: 1 } };

function resourceWith(status: JsonObject = {}): RegistryResource {
  const metadata = { name: 'weather', namespace: 'team-a', uid: 'u', generation: 3 };
  const found = readResource({ apiVersion: 'rollcall.dev/v1beta1', metadata, spec: {}, status });
  if (found === null) throw new Error('No resource');
  return found;
}

const report = (change: Partial<SyncReport>): SyncReport => ({
  number: 1,
  trigger: 'timer',
  startedAt: '2026-01-31T09:00:00.500Z',
  endedAt: '2026-01-31T09:00:01.500Z',
  outcome: 'changed',
  ...change,
});
const succeeded = (server = 5, skill = 0): SyncReport =>
  report({ totals: { server, skill, plugin: 0 }, upstreamRevision: 'abc' });
const failed = (type: NonNullable<SyncReport['failure']>['type'], message: string): SyncReport =>
  report({ number: 2, outcome: 'failed', failure: { type, message } });

/** @param reports newest first */
function source(reports: readonly SyncReport[], isFiltered = false, serverCount?: number): SourceState {
  const hasSucceeded = reports.some(({ outcome }) => outcome !== 'failed');
  const description: SourceDescription = {
    name: 'catalog',
    kind: 'git',
    phase: 'idle',
    paused: false,
    consecutiveFailures: reports[0]?.outcome === 'failed' ? 1 : 0,
    cycle: reports.length,
    recentSyncs: reports,
    ...(hasSucceeded && { lastSuccessAt: '2026-01-31T09:00:01.500Z' }),
  };
  const known = { name: 'catalog', field: 'spec.registries[0]', isFiltered, ...defined({ serverCount }) };
  return sourceState(known, description);
}

const statusOf = (observation: Partial<Observation>, before?: JsonObject): JsonObject =>
  deriveStatus(resourceWith(before), { deployment: READY, notes: [], ...observation }, NOW);

describe('a source that was never synced fails the registry', () => {
  test.each([
    ['UpstreamUnavailable', 'https://git.example.com could not be reached', /Check the URL, the network policies/],
    ['UpstreamNotFound', 'there is no branch nope', /Check the URL, the branch, tag, or commit, and the path/],
    ['UpstreamDenied', 'not allowed to list or watch configmaps', /permissions of the service account/],
    ['FormatMismatch', 'the document is in the format toolhive', /Set `format` to the format of the document/],
    ['DocumentInvalid', 'not JSON', /Repair the registry document/],
  ] as const)('%s', (type, message, remedy) => {
    const isAboutData = type === 'FormatMismatch' || type === 'DocumentInvalid';
    const status = statusOf({ sources: [source([failed(type, message)])] });
    expect(status['phase']).toBe('Failed');
    expect(status['message']).toMatch(/^spec\.registries\[0\]: source catalog: /);
    expect(status['message']).toMatch(remedy);
    expect(condition(status, isAboutData ? 'DataValid' : 'SourceAvailable')).toMatchObject({
      status: 'False',
      reason: type,
    });
    expect(condition(status, 'SyncSuccessful')).toMatchObject({ status: 'False', reason: 'SyncFailed' });
    expect(status['syncStatus']).toMatchObject({ phase: 'Failed', attemptCount: 1 });
    // The API itself serves.
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
  });
});

test('a sync that failed because of Postgres says nothing about the source', () => {
  const outage = failed('DatabaseUnavailable', 'Postgres was unavailable: connect ECONNREFUSED 10.0.0.1:5432');
  const message =
    'spec.registries[0]: source catalog: Postgres was unavailable: connect ECONNREFUSED 10.0.0.1:5432.' +
    ' Rollcall tries again when Postgres answers.';
  const first = statusOf({ sources: [source([outage])] });
  expect(first).toMatchObject({ phase: 'Failed', message });
  expect(condition(first, 'SourceAvailable')).toMatchObject({ status: 'Unknown' });
  expect(condition(first, 'SyncSuccessful')).toMatchObject({ status: 'False', message });

  const later = statusOf({ sources: [source([outage, succeeded()])] });
  expect(later).toMatchObject({ phase: 'Ready', message: `API is serving the last synced data. ${message}` });
  expect(condition(later, 'SourceAvailable')).toMatchObject({ status: 'True' });
  expect(condition(later, 'SyncSuccessful')).toMatchObject({ status: 'False', message });
});

test('a filter that excludes every entry fails the registry, and names the filter', () => {
  const status = statusOf({ sources: [source([succeeded(0)], true)] });
  expect(status).toMatchObject({
    phase: 'Failed',
    message: expect.stringContaining('spec.registries[0].filter excludes every entry'),
  });
  expect(condition(status, 'DataValid')).toMatchObject({ reason: 'FilterExcludesAll' });
  expect(statusOf({ sources: [source([succeeded(0)])] })['phase']).toBe('Ready');
});

test('servers are counted without skills and plugins, and what was known stays until a sync counts them', () => {
  const skills = source([succeeded(0, 3)], true);
  expect(skills).toMatchObject({ serverCount: 0, isEmpty: false });
  expect(statusOf({ sources: [skills] })).toMatchObject({ phase: 'Ready', syncStatus: { serverCount: 0 } });
  expect(source([failed('UpstreamDenied', 'no'), succeeded(4, 3)])).toMatchObject({ serverCount: 4 });
  expect(source([report({})])).not.toHaveProperty('serverCount');
  expect(source([report({})], false, 7)).toMatchObject({ serverCount: 7 });
});

test('conditions name all sources at fault', () => {
  const one = source([failed('FormatMismatch', 'it is a list')]);
  const status = statusOf({ sources: [one, { ...one, name: 'other', field: 'spec.registries[1]' }] });
  expect(condition(status, 'DataValid')?.['message']).toMatch(
    /^spec\.registries\[0\]: source catalog: .*\. spec\.registries\[1\]: source other: /,
  );
});

test('a source that fails after it was synced leaves the registry ready, and is named', () => {
  const status = statusOf({ sources: [source([failed('UpstreamUnavailable', 'timed out'), succeeded()])] });
  expect(status).toMatchObject({
    phase: 'Ready',
    message: expect.stringMatching(/^API is serving the last synced data\. .*timed out/),
    sources: [{ name: 'catalog', phase: 'Failed', serverCount: 5, lastError: 'UpstreamUnavailable: timed out' }],
  });
});

test('the sums and times of sources are shown without fractions of seconds', () => {
  const status = statusOf({ sources: [source([succeeded()]), { ...source([succeeded(7)]), name: 'other' }] });
  expect(status['syncStatus']).toEqual({
    phase: 'Complete',
    message: '2 sources',
    attemptCount: 0,
    serverCount: 12,
    lastAttempt: '2026-01-31T09:00:00Z',
    lastSyncTime: '2026-01-31T09:00:01Z',
  });
});

test('what the actors reported last is kept while they cannot be asked', () => {
  const before = statusOf({ sources: [source([succeeded()])] });
  const after = statusOf({ deployment: { status: {} } }, before);
  expect(after).toMatchObject({ phase: 'Pending', syncStatus: before['syncStatus'], sources: before['sources'] });
  expect(condition(after, 'SyncSuccessful')).toMatchObject({ status: 'True' });
});

test('a condition keeps its time while its status stays the same', () => {
  const before = statusOf({ sources: [source([succeeded()])] });
  const later = deriveStatus(
    resourceWith(before),
    { deployment: READY, notes: ['x has no effect'] },
    '2027-01-01T00:00:00Z',
  );
  expect(condition(later, 'Ready')?.['lastTransitionTime']).toBe('2026-01-31T09:30:00Z');
  expect(condition(later, 'SettingsEffective')).toMatchObject({
    status: 'False',
    message: 'x has no effect',
    lastTransitionTime: '2027-01-01T00:00:00Z',
  });
});
