import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Cluster } from '../../kubernetes/cluster.ts';
import { watchChanges } from '../../kubernetes/collection.ts';
import { ResourceExpired } from '../../kubernetes/refusal.ts';
import { entryClaims } from '../../db/claims/server-claims.ts';
import type { ConfigMapOrigin } from '../../sources/config-map/index.ts';
import type { KubernetesOrigin } from '../../sources/kubernetes/index.ts';
import { SourceUnderTest, type SourceOptions } from '../activities/source-under-test.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { askForPrograms } from './api-server.ts';
import { ALL_RESOURCES, install, uninstall } from './custom-resources.ts';
import { apply, applyAll, type Manifest, readManifests, remove } from './manifests.ts';
import { exported, TestCluster } from './test-cluster.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';

describe.skipIf('missing' in programs)(`a Kubernetes source lists${because}`, () => {
  let cluster: TestCluster;
  let fresh: TestDatabase;
  let namespaces = 0;

  beforeAll(async () => {
    if ('missing' in programs) return;
    cluster = await TestCluster.start(programs);
    await install(cluster.server, ALL_RESOURCES);
  }, 120_000);
  afterAll(async () => {
    await cluster.stop();
  });
  beforeEach(async () => {
    fresh = await createTestDatabase();
    await applyAll(cluster.server, 'all-namespaces.yaml');
  });
  afterEach(async () => {
    await fresh.drop();
  });

  /** A separate namespace for a test. */
  async function namespace(): Promise<string> {
    namespaces += 1;
    const name = `n${namespaces}`;
    await cluster.createNamespaces(name);
    return name;
  }

  async function sourceOf(
    servers: Partial<KubernetesOrigin['content']['servers']>,
    options: SourceOptions = {},
  ): Promise<SourceUnderTest> {
    const content = { servers: { resources: ALL_RESOURCES, ...servers } };
    return await sourceIn(content, options);
  }

  async function sourceIn(
    content: (KubernetesOrigin | ConfigMapOrigin)['content'],
    options: SourceOptions = {},
  ): Promise<SourceUnderTest> {
    const { kubeconfig } = cluster;
    return await SourceUnderTest.of(fresh.database, { kind: 'kubernetes', kubeconfig, content }, options);
  }

  async function withoutAccess(work: () => Promise<void>): Promise<void> {
    const manifests = await readManifests('all-namespaces.yaml');
    for (const manifest of manifests) await remove(cluster.server, manifest);
    try {
      await work();
    } finally {
      for (const manifest of manifests) await apply(cluster.server, manifest);
    }
  }

  describe('the servers that run in a cluster', () => {
    test('of every kind, where they are exported', async () => {
      const one = await namespace();
      for (const resource of ALL_RESOURCES) {
        await cluster.put({ ...exported(one, `a-${resource.split('.').slice(0, 2).join('-')}`), resource });
        await cluster.put({ ...exported(one, 'hidden', { 'registry-export': 'false' }), resource });
      }
      const source = await sourceOf({ namespaces: [one] });
      expect((await source.sync()).counts).toMatchObject({ entries: 4, added: 4, rejected: 0, warnings: 0 });
      expect(await source.served()).toEqual([
        `com.toolhive.k8s.${one}/a-mcpremoteproxies-toolhive@1.0.0`,
        `com.toolhive.k8s.${one}/a-mcpservers-mcp@2.0.0`,
        `com.toolhive.k8s.${one}/a-mcpservers-toolhive@1.2.3`,
        `com.toolhive.k8s.${one}/a-virtualmcpservers-toolhive@1.0.0`,
      ]);
    });

    test('of all its namespaces in each sync, so that a change in one doesn’t affect the others', async () => {
      const [one, two] = [await namespace(), await namespace()];
      for (const name of [one, two]) await cluster.put(exported(name, 'weather'));
      const source = await sourceOf({ namespaces: [one, two] });
      await source.sync();
      await cluster.put(exported(one, 'clock'));
      expect((await source.sync()).counts).toMatchObject({ entries: 3, added: 1, changed: 0, removed: 0 });
      await cluster.delete(exported(one, 'clock'));
      expect((await source.sync()).counts).toMatchObject({ entries: 2, added: 0, changed: 0, removed: 1 });
    });

    test('by their labels, and by the filter of the source', async () => {
      const one = await namespace();
      await cluster.put({ ...exported(one, 'gold'), labels: { tier: 'gold' } });
      await cluster.put({ ...exported(one, 'silver'), labels: { tier: 'silver' } });
      await cluster.put({ ...exported(one, 'tin'), labels: { tier: 'gold' } });
      const filter = { names: { exclude: ['*/tin'] } };
      const source = await sourceOf({ namespaces: [one], labelSelector: 'tier=gold' }, { filter });
      await source.sync();
      expect(await source.served()).toEqual([`com.toolhive.k8s.${one}/gold@1.2.3`]);
    });

    test('until none is left: a cluster’s list is authoritative, so the removal guard doesn’t apply', async () => {
      const one = await namespace();
      const names = Array.from({ length: 12 }, (_, index) => `server-${index}`);
      await Promise.all(names.map((name) => cluster.put(exported(one, name))));
      const source = await sourceOf({ namespaces: [one] });
      await source.sync();
      await Promise.all(names.slice(1).map((name) => cluster.put({ namespace: one, name })));
      expect((await source.sync()).counts).toMatchObject({ entries: 1, removed: 11 });
      await cluster.delete(exported(one, 'server-0'));
      expect((await source.sync()).counts).toMatchObject({ entries: 0, removed: 1 });
    });

    test('and an invalid one keeps no deleted one in the registry', async () => {
      const one = await namespace();
      await cluster.put(exported(one, 'weather'));
      await cluster.put(exported(one, 'wrong', { 'registry-description': '' }));
      const source = await sourceOf({ namespaces: [one] });
      expect((await source.sync()).counts).toMatchObject({ entries: 1, rejected: 1 });
      await cluster.delete(exported(one, 'weather'));
      expect((await source.sync()).counts).toMatchObject({ entries: 0, removed: 1, rejected: 1 });
      expect(await source.findings()).toMatchObject([
        {
          severity: 'rejection',
          location: `mcpservers.toolhive.stacklok.dev/${one}/wrong`,
          name: `com.toolhive.k8s.${one}/wrong`,
          reason: expect.stringContaining('description'),
        },
      ]);
    });

    test('with the claims of their annotations, on which two objects of one name must agree', async () => {
      const one = await namespace();
      const claims = { 'authz-claims': '{"team": ["a", "b"]}' };
      const proxy = { resource: 'mcpremoteproxies.toolhive.stacklok.dev' } as const;
      await cluster.put(exported(one, 'weather', claims));
      await cluster.put(exported(one, 'clock'));
      const source = await sourceOf({ namespaces: [one] });
      await source.sync();
      const claimsOf = async (name: string): Promise<unknown> =>
        await entryClaims(fresh.database, {
          sourceId: (await source.row()).id,
          name: `com.toolhive.k8s.${one}/${name}`,
          version: null,
        });
      expect(await claimsOf('weather')).toEqual({ claims: { team: ['a', 'b'] }, areOwn: true });
      expect(await claimsOf('clock')).toEqual({ claims: null, areOwn: false });

      await cluster.put({ ...exported(one, 'weather', { 'registry-version': '2.0.0' }), ...proxy });
      await cluster.put({ ...exported(one, 'clock', { ...claims, 'registry-version': '2.0.0' }), ...proxy });
      expect((await source.sync()).counts).toMatchObject({ entries: 2, rejected: 2 });
      await cluster.put({ ...exported(one, 'weather', { ...claims, 'registry-version': '2.0.0' }), ...proxy });
      expect((await source.sync()).counts).toMatchObject({ entries: 3, rejected: 1 });
      expect((await source.findings()).map(({ reason }) => reason)).toEqual([
        expect.stringContaining('another object with this name has different claims'),
      ]);
      await cluster.delete({ ...exported(one, 'clock'), ...proxy });
      await cluster.delete({ ...exported(one, 'weather'), ...proxy });
    });

    test('2,000 of them in 20 namespaces, page by page', async () => {
      const many = await Promise.all(Array.from({ length: 20 }, namespace));
      for (const one of many) {
        const put = (index: number) => cluster.put({ ...exported(one, `server-${index}`), labels: { crowd: 'yes' } });
        await Promise.all(Array.from({ length: 100 }, (_, index) => put(index)));
      }
      const source = await sourceOf({ labelSelector: 'crowd=yes' });
      expect((await source.sync()).counts).toMatchObject({ entries: 2000, added: 2000, rejected: 0 });
      expect(await source.check()).toBe('nothing');
      await cluster.delete(exported(many[7]!, 'server-50'));
      expect(await source.check()).toBe('maybe');
      expect((await source.sync()).counts).toMatchObject({ entries: 1999, added: 0, changed: 0, removed: 1 });
    }, 120_000);
  });

  describe('news', () => {
    test('is nothing if only the state of a server changed, or an object that isn’t exported', async () => {
      const one = await namespace();
      await cluster.put({ ...exported(one, 'weather'), status: { phase: 'Pending' } });
      const source = await sourceOf({ namespaces: [one] });
      await source.sync();
      await cluster.putStatus(exported(one, 'weather'), { phase: 'Ready' });
      await cluster.put({ namespace: one, name: 'hidden' });
      expect(await source.check()).toBe('nothing');
      expect(await source.sync()).toMatchObject({ outcome: 'unchanged' });
      await cluster.put(exported(one, 'weather', { 'registry-title': 'Weather' }));
      expect(await source.check()).toBe('maybe');
      expect((await source.sync()).counts).toMatchObject({ changed: 1 });
    });
  });

  test('resources in the served version; one that isn’t installed is skipped, reported, and found later', async () => {
    const one = await namespace();
    await uninstall(cluster.server, 'mcpremoteproxies.toolhive.stacklok.dev');
    await uninstall(cluster.server, 'mcpservers.mcp.x-k8s.io');
    const source = await sourceOf({ namespaces: [one] });
    await cluster.put(exported(one, 'weather'));
    await source.sync();
    expect((await source.findings()).map(({ severity, reason }) => `${severity}: ${reason}`)).toEqual([
      'warning: mcpremoteproxies.toolhive.stacklok.dev is not installed in the cluster: skipped',
      'warning: mcpservers.mcp.x-k8s.io is not installed in the cluster: skipped',
    ]);
    expect(await source.check()).toBe('nothing');

    await install(cluster.server, ['mcpremoteproxies.toolhive.stacklok.dev'], { versions: ['v1alpha1'] });
    const { name, annotations = {} } = exported(one, 'proxy');
    const prefixed = Object.entries(annotations).map(([key, value]) => [`toolhive.stacklok.dev/${key}`, value]);
    await cluster.server.do('POST', `/apis/toolhive.stacklok.dev/v1alpha1/namespaces/${one}/mcpremoteproxies`, {
      json: {
        apiVersion: 'toolhive.stacklok.dev/v1alpha1',
        kind: 'MCPRemoteProxy',
        metadata: { name, annotations: Object.fromEntries(prefixed) },
        spec: { remoteUrl: 'https://remote.example.com' },
      },
    });
    expect(await source.check()).toBe('maybe');
    await source.sync();
    expect(await source.served()).toContain(`com.toolhive.k8s.${one}/proxy@1.0.0`);
    await install(cluster.server, ['mcpservers.mcp.x-k8s.io']);
  });

  describe('all or nothing', () => {
    test('a namespace without permission fails the sync by its name, and removes nothing', async () => {
      const [mine, theirs] = [await namespace(), await namespace()];
      for (const one of [mine, theirs]) await cluster.put(exported(one, 'weather'));
      const source = await sourceOf({ namespaces: [mine, theirs] });
      await source.sync();
      const before = await source.served();
      await withoutAccess(async () => {
        const roles = (await readManifests('one-namespace.yaml')).map((manifest) => inNamespace(manifest, mine));
        for (const role of roles) await apply(cluster.server, role);
        const failure = await source.failedSync();
        expect(failure).toMatchObject({ type: 'UpstreamDenied', nonRetryable: true });
        expect(failure.message).toContain(`mcpservers.toolhive.stacklok.dev in the namespace ${theirs}`);
        expect(failure.message).toContain('cannot list resource "mcpservers"');
        expect(await source.served()).toEqual(before);

        // The role for one namespace is enough for a source of this namespace.
        const ofMine = await sourceOf({ namespaces: [mine] });
        expect((await ofMine.sync()).counts).toMatchObject({ entries: 1, added: 1 });
      });
      const again = await sourceOf({ namespaces: [mine, theirs] });
      expect((await again.sync()).counts).toMatchObject({ entries: 2 });
    });

    test('an unavailable API server fails the sync, and removes nothing', async () => {
      const one = await namespace();
      await cluster.put(exported(one, 'weather'));
      const source = await sourceOf({ namespaces: [one] });
      await source.sync();
      cluster.server.proxy.reachable = false;
      cluster.server.proxy.cut();
      try {
        expect(await source.failedSync()).toMatchObject({ type: 'UpstreamUnavailable', nonRetryable: false });
      } finally {
        cluster.server.proxy.reachable = true;
      }
      expect(await source.served()).toHaveLength(1);
      expect(await source.sync()).toMatchObject({ outcome: 'unchanged' });
    });

    test('a watch that continues from too long ago, or hears nothing, says so', async () => {
      const one = await namespace();
      const path = `/apis/toolhive.stacklok.dev/v1beta1/namespaces/${one}/mcpservers`;
      const { signal } = new AbortController();
      const reader = new Cluster({ kubeconfig: cluster.kubeconfig });
      try {
        const expired = watchChanges(reader, { collection: { path, what: 'servers' }, after: '1', signal });
        await expect(expired.then((changes) => changes.next())).rejects.toBeInstanceOf(ResourceExpired);
        const silent = await reader.stream(
          { path, what: 'servers', query: { watch: 'true' }, signal },
          { silenceMs: 200 },
        );
        await expect(silent.next()).rejects.toMatchObject({ type: 'UpstreamUnavailable' });
      } finally {
        await reader.close();
      }
    });

    test('a token that is no longer accepted is read again from its file', async () => {
      const source = await sourceOf({ namespaces: [await namespace()] });
      const reader = new Cluster({ kubeconfig: cluster.kubeconfig });
      const readiness = () => reader.assertReady(AbortSignal.timeout(10_000));
      await readiness();
      await cluster.invalidateTokens();
      // The API server remembers accepted tokens for a while.
      const deadline = Date.now() + 20_000;
      while ((await source.check().catch(() => 'denied')) !== 'denied' && Date.now() < deadline) {
        await source.sync().catch(() => undefined);
        await delay(200);
      }
      const failure = await source.failedSync();
      expect(failure).toMatchObject({ type: 'UpstreamDenied' });
      expect(failure.message).toContain('does not accept the credentials');
      await expect(readiness()).rejects.toMatchObject({ type: 'UpstreamDenied' });
      await cluster.renewToken();
      expect((await source.sync()).counts).toMatchObject({ rejected: 0 });
      // Also by clients that were connected before.
      await readiness();
      await reader.close();
    }, 60_000);

    test.each([
      ['a missing file', { kubeconfig: '/nowhere/kubeconfig' }, '/nowhere/kubeconfig'],
      ['a missing context', { context: 'production' }, 'it has no context production'],
    ])('%s is a fault of the definition', async (_case, access, expected) => {
      const content = { servers: { resources: ALL_RESOURCES } };
      const origin = { kind: 'kubernetes', kubeconfig: cluster.kubeconfig, ...access, content } as const;
      const failure = await (await SourceUnderTest.of(fresh.database, origin)).failedSync();
      expect(failure).toMatchObject({ type: 'DefinitionInvalid' });
      expect(failure.message).toContain(expected);
    });
  });

  describe('a registry document in a ConfigMap', () => {
    const configMap = { name: 'registry-data', key: 'registry.json' };
    const document = (...names: string[]): string =>
      JSON.stringify(names.map((name) => ({ name, version: '1.0.0', description: name })));

    beforeEach(async () => {
      await applyAll(cluster.server, 'config-map.yaml');
      await cluster.putConfigMap('registry-data', { 'registry.json': document('io.example/one', 'io.example/two') });
    });

    test('which can be read with its own role, and no other one with it', async () => {
      const source = await sourceIn({ configMap });
      expect((await source.sync()).counts).toMatchObject({ entries: 2, added: 2 });
      expect(await source.check()).toBe('nothing');
      await cluster.putConfigMap('registry-data', { 'registry.json': document('io.example/one') });
      expect(await source.check()).toBe('maybe');
      expect((await source.sync()).counts).toMatchObject({ entries: 1, removed: 1 });

      const other = await sourceIn({ configMap: { ...configMap, name: 'secrets-of-others' } });
      const failure = await other.failedSync();
      expect(failure).toMatchObject({ type: 'UpstreamDenied' });
      expect(failure.message).toContain('the ConfigMap secrets-of-others in the namespace rollcall');
    });

    test('as YAML, by the name of its key', async () => {
      const yaml = 'servers:\n  - { name: io.example/yaml, version: 1.0.0, description: x }\n';
      await cluster.putConfigMap('registry-data', { 'registry.yaml': yaml });
      const source = await sourceIn({ configMap: { ...configMap, key: 'registry.yaml' } });
      await source.sync();
      expect(await source.served()).toEqual(['io.example/yaml@1.0.0']);
    });

    test('keeps its entries if it is missing or empty', async () => {
      const source = await sourceIn({ configMap });
      await source.sync();
      await cluster.putConfigMap('registry-data', { other: '[]' });
      const failure = await source.failedSync();
      expect(failure).toMatchObject({ type: 'UpstreamNotFound' });
      expect(failure.message).toContain('has no key registry.json');
      await cluster.putConfigMap('registry-data', { 'registry.json': '[]' });
      expect(await source.failedSync()).toMatchObject({ type: 'EmptySnapshot' });
      expect(await source.served()).toHaveLength(2);
    });
  });
});

function inNamespace(manifest: Manifest, namespace: string): Manifest {
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}
