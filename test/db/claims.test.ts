import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listClaimSets } from '../../db/claims/claim-sets.ts';
import { storeConfiguration, type StoredConfiguration } from '../../db/configuration/configuration.ts';
import { countEntries } from '../../db/entries/entries.ts';
import { purge } from '../../db/upkeep/purge.ts';
import { findRegistry } from '../../db/configuration/registries.ts';
import { entryClaims } from '../../db/claims/server-claims.ts';
import { findSource } from '../../db/configuration/sources.ts';
import type { VisibleClaims } from '../../db/claims/visibility.ts';
import { carryOutWrite, type EntryWrite, putWriteRequest, type WriteOutcome } from '../../db/writes/write-requests.ts';
import { type Claims, type HeldClaims, maySee } from '../../registry/claims.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { NOTHING_WRITTEN, rowsWrittenBy } from './rows-written.ts';
import { draft, entriesOf, labels, revisionOf, source, sync } from './sync-source.ts';

let target: TestDatabase;
let requests = 0;
beforeEach(async () => {
  target = await createTestDatabase();
});
afterEach(async () => {
  await target.drop();
});

const published = source('published', 'managed');
const [first, second] = [source('first'), source('second')];
const cluster = (content: object): SourceDefinition => ({
  ...source('cluster'),
  origin: { kind: 'kubernetes', content },
});

async function configure(
  sources: readonly SourceDefinition[],
  sourceClaims: StoredConfiguration['sourceClaims'] = {},
): Promise<void> {
  await storeConfiguration(target.database, { sources, sourceClaims, registries: [], defaultRegistry: 'default' });
}

async function visibilityOf(held: HeldClaims, includeUntagged = false): Promise<VisibleClaims> {
  const sets = await listClaimSets(target.database);
  return { claimSetIds: sets.filter(({ claims }) => maySee(held, claims)).map(({ id }) => id), includeUntagged };
}

/**
 * The entries that a caller with these claims finds in the default registry. A caller without claims finds entries
 * without any.
 */
async function seenBy(held: HeldClaims | 'nobody in particular'): Promise<string[]> {
  const visibility = await (held === 'nobody in particular' ? visibilityOf({}, true) : visibilityOf(held));
  return labels(await entriesOf(target.database, { visibility }));
}

async function write(asked: EntryWrite): Promise<WriteOutcome> {
  const key = { sourceName: 'published', requestId: `request-${requests++}` };
  await putWriteRequest(target.database, key, { write: asked });
  return await carryOutWrite(target.database, key);
}

function publishing(name: string, version: string, claims?: Claims): EntryWrite {
  return { kind: 'publish', name, version, document: JSON.stringify({ name, version, description: 'Does' }), claims };
}

async function claimsOf(name: string, sourceName = 'published'): Promise<unknown> {
  const sourceId = (await findSource(target.database, sourceName))?.id ?? '';
  return await entryClaims(target.database, { sourceId, name, version: null });
}

const [acme, other] = [{ org: 'acme' }, { org: 'other' }];

describe('the claims of a source', () => {
  test('apply to its entries, including those of later syncs', async () => {
    await configure([first, second], { first: acme });
    await sync(target.database, { sourceName: 'first', entries: [draft('com.example/a', '1.0.0')] });
    await sync(target.database, { sourceName: 'second', entries: [draft('com.example/b', '1.0.0')] });
    expect(await seenBy(acme)).toEqual(['com.example/a@1.0.0 from first']);
    expect(await seenBy('nobody in particular')).toEqual(['com.example/b@1.0.0 from second']);
    await sync(target.database, {
      sourceName: 'first',
      entries: [draft('com.example/a', '1.0.0'), draft('com.example/c', '1.0.0')],
    });
    expect(await seenBy(acme)).toHaveLength(2);
    expect((await findSource(target.database, 'first'))?.claims).toEqual(acme);
  });

  test('change with the configuration: at once, with a new revision, and as news for callers who now see them', async () => {
    await configure([first], { first: acme });
    await sync(target.database, { sourceName: 'first', entries: [draft('com.example/a', '1.0.0')] });
    const revision = await revisionOf(target.database);
    const updatedSince = new Date().toISOString();
    const written = await rowsWrittenBy(target.database, () => configure([first], { first: other }));
    expect(written).toEqual({ ...NOTHING_WRITTEN, source: 1, server_owner: 1, registry: 1 });
    expect([await seenBy(acme), await seenBy(other)]).toEqual([[], ['com.example/a@1.0.0 from first']]);
    expect(await revisionOf(target.database)).toBe(revision + 1);
    expect(await entriesOf(target.database, { updatedSince })).toHaveLength(1);
    await configure([first]);
    expect(await seenBy('nobody in particular')).toEqual(['com.example/a@1.0.0 from first']);
  });

  test('in the same state write nothing, in any order', async () => {
    await configure([first], { first: { org: 'acme', team: ['a', 'b'] } });
    await sync(target.database, { sourceName: 'first', entries: [draft('com.example/a', '1.0.0')] });
    const again = (): Promise<void> => configure([first], { first: { team: ['a', 'b'], org: 'acme' } });
    expect(await rowsWrittenBy(target.database, again)).toEqual(NOTHING_WRITTEN);
  });

  test('are empty for a source with the name of an object’s built-in member', async () => {
    await configure([source('constructor')]);
    expect((await findSource(target.database, 'constructor'))?.claims).toBeNull();
  });

  test('apply to a name from when it belongs to the source', async () => {
    await configure([first, second], { first: acme, second: other });
    await sync(target.database, { sourceName: 'second', entries: [draft('com.example/shared', '2.0.0')] });
    expect(await seenBy(other)).toEqual(['com.example/shared@2.0.0 from second']);
    await sync(target.database, { sourceName: 'first', entries: [draft('com.example/shared', '1.0.0')] });
    // A name belongs to the first source that has it, also for callers who can't see that source.
    expect([await seenBy(other), await seenBy(acme)]).toEqual([[], ['com.example/shared@1.0.0 from first']]);
    await configure([second, first], { first: acme, second: other });
    expect(await seenBy(other)).toEqual(['com.example/shared@2.0.0 from second']);
  });
});

describe('the claims of published entries', () => {
  test('are set with the first version, and apply to all', async () => {
    await configure([published], { published: acme });
    expect(await write(publishing('com.example/own', '1.0.0', { team: ['b', 'a'] }))).toEqual({ entries: 1 });
    expect(await claimsOf('com.example/own')).toEqual({ claims: { team: ['b', 'a'] }, areOwn: true });
    expect(await write(publishing('com.example/own', '2.0.0', { team: ['a', 'b', 'a'] }))).toEqual({ entries: 1 });
    expect(await write(publishing('com.example/own', '3.0.0'))).toEqual({ entries: 1 });
    expect(await seenBy({ team: 'a' })).toHaveLength(3);
    expect(await seenBy(acme)).toEqual([]);
  });

  test.each([[{ team: 'a' }], [{ team: ['a', 'b'], org: 'acme' }], [{ team: [] }]])(
    'can’t be different for another version: %j',
    async (claims) => {
      await configure([published], { published: acme });
      await write(publishing('com.example/own', '1.0.0', { team: ['a', 'b'] }));
      const outcome = await write(publishing('com.example/own', '2.0.0', claims));
      expect(outcome).toMatchObject({ failure: { type: 'ClaimsMismatch' } });
      expect(await entriesOf(target.database)).toHaveLength(1);
    },
  );

  test('are those of the source by default, and then follow the source', async () => {
    await configure([published], { published: acme });
    await write(publishing('com.example/own', '1.0.0'));
    expect(await claimsOf('com.example/own')).toEqual({ claims: acme, areOwn: false });
    expect(await write(publishing('com.example/own', '2.0.0', { org: ['acme'] }))).toEqual({ entries: 1 });
    expect(await write(publishing('com.example/own', '3.0.0', other))).toMatchObject({
      failure: { type: 'ClaimsMismatch' },
    });
    await configure([published], { published: other });
    expect([await seenBy(acme), (await seenBy(other)).length]).toEqual([[], 2]);
    await configure([published]);
    expect(await write(publishing('com.example/own', '3.0.0', other))).toMatchObject({
      failure: { type: 'ClaimsMismatch' },
    });
  });

  test('survive restarts, other claims of their source, its absence, and new versions', async () => {
    await configure([published], { published: acme });
    await write(publishing('com.example/own', '1.0.0', { team: 'a' }));
    for (const sourceClaims of [{ published: other }, {}, { published: { team: 'b' } }]) {
      await configure([published], sourceClaims);
      expect(await claimsOf('com.example/own')).toEqual({ claims: { team: 'a' }, areOwn: true });
      expect(await seenBy({ team: 'a' })).toHaveLength(1);
    }
    await configure([first]);
    expect(await seenBy({ team: 'a' })).toEqual([]);
    await configure([first, published], { published: other });
    await write(publishing('com.example/own', '2.0.0'));
    await write({ kind: 'remove', name: 'com.example/own', version: '1.0.0' });
    expect(await seenBy({ team: 'a' })).toEqual(['com.example/own@2.0.0 from published']);
    expect(await seenBy({ team: 'b', ...other })).toEqual([]);
  });

  test('change for all versions at once, as news for callers who now see them; empty ones are those of the source', async () => {
    await configure([published], { published: acme });
    await write(publishing('com.example/own', '1.0.0', { team: 'a' }));
    await write(publishing('com.example/own', '2.0.0'));
    const revision = await revisionOf(target.database);
    const setting = (claims: Claims): EntryWrite => ({
      kind: 'claims',
      name: 'com.example/own',
      version: null,
      claims,
    });
    const updatedSince = new Date().toISOString();
    expect(await write(setting({ team: 'b' }))).toEqual({ entries: 2 });
    expect(await write(setting({ team: 'b' }))).toEqual({ entries: 0 });
    expect(await revisionOf(target.database)).toBe(revision + 1);
    expect([await seenBy({ team: 'a' }), (await seenBy({ team: 'b' })).length]).toEqual([[], 2]);
    expect(await entriesOf(target.database, { updatedSince })).toHaveLength(2);
    expect(await write(setting({}))).toEqual({ entries: 2 });
    expect(await claimsOf('com.example/own')).toEqual({ claims: acme, areOwn: false });
    expect(await write({ ...setting(acme), name: 'com.example/none' })).toMatchObject({
      failure: { type: 'EntryNotFound' },
    });
  });

  test('are part of the request: other claims under the same key are refused', async () => {
    await configure([published]);
    const key = { sourceName: 'published', requestId: 'once' };
    await putWriteRequest(target.database, key, { write: publishing('com.example/own', '1.0.0', acme) });
    await expect(
      putWriteRequest(target.database, key, { write: publishing('com.example/own', '1.0.0', other) }),
    ).rejects.toMatchObject({ type: 'RequestConflict' });
  });
});

describe('the claims of servers in a cluster', () => {
  const servers = cluster({ servers: { resources: [] } });
  const syncCluster = async (claims?: Claims): Promise<unknown> =>
    await sync(target.database, {
      sourceName: 'cluster',
      entries: [draft('com.toolhive.k8s.a/b', '1.0.0', claims === undefined ? {} : { claims })],
    });

  test('come from the annotation, and are empty without it, whatever claims the source has', async () => {
    await configure([servers], { cluster: acme });
    await syncCluster();
    expect([await seenBy(acme), (await seenBy('nobody in particular')).length]).toEqual([[], 1]);
    expect(await syncCluster({ team: 'a' })).toMatchObject({ outcome: 'changed', counts: { changed: 1 } });
    expect([(await seenBy({ team: 'a' })).length, await seenBy('nobody in particular')]).toEqual([1, []]);
    await configure([servers], { cluster: other });
    expect(await syncCluster({ team: 'a' })).toMatchObject({ outcome: 'unchanged' });
    expect(await claimsOf('com.toolhive.k8s.a/b', 'cluster')).toEqual({ claims: { team: 'a' }, areOwn: true });
    expect(await syncCluster({ team: 'b' })).toMatchObject({ outcome: 'changed' });
    expect([await seenBy({ team: 'a' }), (await seenBy({ team: 'b' })).length]).toEqual([[], 1]);
    expect(await syncCluster()).toMatchObject({ outcome: 'changed' });
    expect([await seenBy({ team: 'b' }), await seenBy(other)]).toEqual([[], []]);
  });

  test('a document in a ConfigMap has no annotations, so its entries have the claims of their source', async () => {
    await configure([cluster({ configMap: { name: 'a', key: 'b' } })], { cluster: acme });
    await syncCluster();
    expect(await seenBy(acme)).toHaveLength(1);
    await configure([servers], { cluster: acme });
    expect(await seenBy(acme)).toEqual([]);
  });
});

test('counts of a source only include what the caller sees', async () => {
  await configure([first, published], { first: acme });
  await sync(target.database, {
    sourceName: 'first',
    entries: [draft('com.example/a', '1.0.0'), draft('com.example/a', '2.0.0')],
  });
  await write(publishing('com.example/own', '1.0.0', { team: 'a' }));
  await write(publishing('com.example/other', '1.0.0', { team: 'b' }));
  const registryId = (await findRegistry(target.database, 'default'))?.id ?? '';
  const countsOf = async (held: HeldClaims): Promise<unknown> =>
    Object.fromEntries(
      await countEntries(target.database, { registryId, kind: 'server', visibility: await visibilityOf(held) }),
    );
  expect(await countsOf(acme)).toEqual({ first: 2 });
  expect(await countsOf({ ...acme, team: ['a', 'b'] })).toEqual({ first: 2, published: 2 });
  expect(await countsOf({ team: 'a' })).toEqual({ published: 1 });
  expect(await countsOf({})).toEqual({});
});

test('claims that nothing requires any more are purged, and no others', async () => {
  await configure([first, published], { first: acme });
  await write(publishing('com.example/own', '1.0.0', { team: 'a' }));
  await configure([first, published], { first: other });
  await purge(target.database);
  const kept = (await listClaimSets(target.database)).map(({ claims }) => claims);
  expect(kept).toHaveLength(2);
  expect(kept).toEqual(expect.arrayContaining([other, { team: 'a' }]));
});

test('registries have access and claims, and an implicit default registry differs from a listed one', async () => {
  await configure([first]);
  expect(await findRegistry(target.database, 'default')).toMatchObject({
    isImplicit: true,
    access: 'protected',
    claims: null,
  });
  const registries = [
    { name: 'default', sources: ['first'], access: 'public' as const },
    { name: 'team', sources: ['first'], claims: acme },
  ];
  const store = async (): Promise<unknown> =>
    await storeConfiguration(target.database, { sources: [first], registries, defaultRegistry: 'default' });
  await store();
  expect(await findRegistry(target.database, 'default')).toMatchObject({ isImplicit: false, access: 'public' });
  expect(await findRegistry(target.database, 'team')).toMatchObject({ access: 'protected', claims: acme });
  expect(await rowsWrittenBy(target.database, store)).toEqual(NOTHING_WRITTEN);
});
