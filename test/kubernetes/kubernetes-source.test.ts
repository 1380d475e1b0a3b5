import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { listSyncRuns, type SyncRunRow } from '../../db/syncs/sync-runs.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import type { ConfigMapOrigin } from '../../sources/config-map/index.ts';
import type { KubernetesOrigin } from '../../sources/kubernetes/index.ts';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type RunningWorker, startWorker } from '../workflows/running-worker.ts';
import { askForPrograms } from './api-server.ts';
import { ALL_RESOURCES, install } from './custom-resources.ts';
import { apply, applyAll, readManifests, remove } from './manifests.ts';
import { exported, TestCluster } from './test-cluster.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';

/** So long that only the watch shows a change before a test gives up. */
const INTERVAL_MS = 3_600_000;

const SERVERS: KubernetesOrigin['content'] = {
  servers: { resources: ALL_RESOURCES, namespaces: ['team-a', 'team-b'] },
};
const DOCUMENT: ConfigMapOrigin['content'] = { configMap: { name: 'registry-data', key: 'registry.json' } };

describe.skipIf('missing' in programs)(`the actor of a Kubernetes source${because}`, () => {
  let cluster: TestCluster;
  let database: TestDatabase;
  let worker: RunningWorker;
  let api: RunningApi;

  beforeAll(async () => {
    if ('missing' in programs) return;
    cluster = await TestCluster.start(programs);
    await install(cluster.server, ALL_RESOURCES);
    await applyAll(cluster.server, 'all-namespaces.yaml');
    await applyAll(cluster.server, 'config-map.yaml');
    await cluster.createNamespaces('team-a', 'team-b');
    await cluster.put(exported('team-a', 'first'));
    await cluster.putConfigMap('registry-data', { 'registry.json': documentOf('io.example/one') });
    database = await createTestDatabase();
    await storeConfiguration(database.database, {
      sources: [definition('cluster', SERVERS), definition('document', DOCUMENT)],
      registries: [],
      defaultRegistry: 'default',
    });
    worker = await startWorker(database);
    api = await startApi(database);
  }, 120_000);

  afterAll(async () => {
    await api.stop();
    await worker.stop();
    await database.drop();
    await cluster.stop();
  }, 60_000);

  /** Everything is as at the beginning, and every sync has ended. */
  beforeEach(async () => {
    await expectServed(['com.toolhive.k8s.team-a/first', 'io.example/one']);
  });

  function definition(name: string, content: (KubernetesOrigin | ConfigMapOrigin)['content']): SourceDefinition {
    return {
      name,
      origin: { kind: 'kubernetes', kubeconfig: cluster.kubeconfig, content },
      syncPolicy: { intervalMs: INTERVAL_MS, maxRemoval: 0.5, deadlineMs: 60_000 },
    };
  }

  async function served(): Promise<string[]> {
    const response = await api.get('/v0.1/servers?limit=1000');
    const { servers } = (await response.json()) as { servers: { server: { name: string } }[] };
    return servers.map(({ server }) => server.name);
  }

  /** Waits until exactly these names are served. */
  async function expectServed(names: readonly string[]): Promise<void> {
    await expect.poll(served).toEqual(names);
  }

  async function syncs(source: string): Promise<readonly SyncRunRow[]> {
    return await listSyncRuns(database.database, { sourceName: source, limit: 100 });
  }

  test('everything that is applied, changed, no longer exported, or deleted is served or gone at once', async () => {
    const weather = 'com.toolhive.k8s.team-b/weather';
    const others = ['com.toolhive.k8s.team-a/first', 'io.example/one'];
    const withWeather = ['com.toolhive.k8s.team-a/first', weather, 'io.example/one'];
    const title = async (): Promise<unknown> => {
      const response = await api.get(`/v0.1/servers/${encodeURIComponent(weather)}/versions/latest`);
      return ((await response.json()) as { server?: { title?: string } }).server?.title;
    };

    await cluster.put(exported('team-b', 'weather'));
    await expectServed(withWeather);
    await cluster.put(exported('team-b', 'weather', { 'registry-title': 'Weather' }));
    await expect.poll(title).toBe('Weather');
    await cluster.put(exported('team-b', 'weather', { 'registry-export': 'false' }));
    await expectServed(others);
    await cluster.put(exported('team-b', 'weather'));
    await expectServed(withWeather);
    await cluster.delete(exported('team-b', 'weather'));
    await expectServed(others);
  });

  test('a registry document in a ConfigMap is watched', async () => {
    await cluster.putConfigMap('registry-data', { 'registry.json': documentOf('io.example/one', 'io.example/two') });
    await expectServed(['com.toolhive.k8s.team-a/first', 'io.example/one', 'io.example/two']);
    await cluster.putConfigMap('registry-data', { 'registry.json': documentOf('io.example/one') });
    await expectServed(['com.toolhive.k8s.team-a/first', 'io.example/one']);
  });

  test('the state of servers is recorded, and causes no sync', async () => {
    const before = await syncs('cluster');
    const status = { phase: 'Ready', url: 'http://first.team-a.svc/mcp' };
    await cluster.putStatus(exported('team-a', 'first'), status);
    const deployed = async (): Promise<{ status: string }[]> =>
      (await (await api.get('/api/v0/deployed')).json()) as { status: string }[];
    await expect.poll(deployed).toMatchObject([{ status: 'Ready' }]);
    expect(await deployed()).toEqual([
      {
        name: 'first',
        namespace: 'team-a',
        kind: 'MCPServer',
        server: 'com.toolhive.k8s.team-a/first',
        version: '1.2.3',
        source: 'cluster',
        status: 'Ready',
        ready: true,
        transport: 'streamable-http',
        image: 'ghcr.io/acme/weather:1.2.3',
        endpoint_url: 'http://first.team-a.svc/mcp',
      },
    ]);
    for (const name of ['first', 'com.toolhive.k8s.team-a%2Ffirst', 'com.toolhive.k8s.team-a/first']) {
      expect(await (await api.get(`/api/v0/deployed/${name}`)).json()).toHaveLength(1);
    }
    expect(await (await api.get('/api/v0/deployed/unknown')).json()).toEqual([]);
    expect(await syncs('cluster')).toHaveLength(before.length);
  });

  test('a rollout of 200 servers causes a few syncs', async () => {
    const before = await syncs('cluster');
    const names = Array.from({ length: 200 }, (_, index) => `rollout-${String(index).padStart(3, '0')}`);
    for (let start = 0; start < names.length; start += 20) {
      await Promise.all(names.slice(start, start + 20).map((name) => cluster.put(exported('team-b', name))));
    }
    const all = names.map((name) => `com.toolhive.k8s.team-b/${name}`);
    await expectServed(['com.toolhive.k8s.team-a/first', ...all, 'io.example/one']);
    await Promise.all(names.map((name) => cluster.delete(exported('team-b', name))));
    await expectServed(['com.toolhive.k8s.team-a/first', 'io.example/one']);
    expect((await syncs('cluster')).length - before.length).toBeLessThanOrEqual(12);
  });

  test('an interrupted watch continues', async () => {
    for (const name of ['cut-one', 'cut-two']) {
      const { connections } = cluster.server.proxy;
      cluster.server.proxy.cut();
      await cluster.put(exported('team-b', name));
      await expectServed(['com.toolhive.k8s.team-a/first', `com.toolhive.k8s.team-b/${name}`, 'io.example/one']);
      expect(cluster.server.proxy.connections).toBeGreaterThan(connections);
      await cluster.delete(exported('team-b', name));
      await expectServed(['com.toolhive.k8s.team-a/first', 'io.example/one']);
    }
  });

  test('a killed API server is waited for, and changes during its absence are found', async () => {
    await cluster.server.kill();
    await worker.actors.syncNow('cluster', { wait: true });
    expect(await served()).toEqual(['com.toolhive.k8s.team-a/first', 'io.example/one']);
    // Without the sources, which only see it when they are let in again.
    cluster.server.proxy.reachable = false;
    await cluster.server.startServer();
    await cluster.put(exported('team-b', 'meanwhile'));
    cluster.server.proxy.reachable = true;
    const withIt = ['com.toolhive.k8s.team-a/first', 'com.toolhive.k8s.team-b/meanwhile', 'io.example/one'];
    await expectServed(withIt);
    // The watch is established again.
    await cluster.delete(exported('team-b', 'meanwhile'));
    await expectServed(['com.toolhive.k8s.team-a/first', 'io.example/one']);
    expect((await syncs('cluster')).find(({ outcome }) => outcome === 'failed')).toMatchObject({
      failureType: 'UpstreamUnavailable',
    });
  }, 120_000);

  test('syncs without permission fail and say what is missing; with permission again, they work', async () => {
    const manifests = await readManifests('all-namespaces.yaml');
    for (const manifest of manifests) await remove(cluster.server, manifest);
    const report = async (): Promise<unknown> => (await worker.actors.syncNow('cluster', { wait: true })).report;
    await expect.poll(report).toMatchObject({
      outcome: 'failed',
      failure: {
        type: 'UpstreamDenied',
        message: expect.stringContaining('mcpservers.toolhive.stacklok.dev in the namespace team-a'),
      },
    });
    expect(await served()).toEqual(['com.toolhive.k8s.team-a/first', 'io.example/one']);
    await cluster.put(exported('team-b', 'returned'));
    for (const manifest of manifests) await apply(cluster.server, manifest);
    const withIt = ['com.toolhive.k8s.team-a/first', 'com.toolhive.k8s.team-b/returned', 'io.example/one'];
    await expectServed(withIt);
    await cluster.delete(exported('team-b', 'returned'));
    await expectServed(['com.toolhive.k8s.team-a/first', 'io.example/one']);
  }, 60_000);
});

function documentOf(...names: readonly string[]): string {
  return JSON.stringify(names.map((name) => ({ name, version: '1.0.0', description: `What ${name} does` })));
}
