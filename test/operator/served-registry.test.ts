/** The pod's command, run as a process with the configuration and files that the operator made, in place of the pod. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { type JsonObject, jsonEquals, memberOf, objectsOf } from '../../registry/json.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { askForPrograms } from '../kubernetes/api-server.ts';
import type { Manifest } from '../kubernetes/manifests.ts';
import { type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { condition, OperatorCluster, type RunningOperator, TEMPORAL_SECRET } from './operator-cluster.ts';
import { type PodProcess, startPod } from './pod-process.ts';
import { startTemporalWithTls, type TemporalWithTls } from './temporal-with-tls.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';

const document = (...names: string[]): string =>
  JSON.stringify({
    servers: names.map((name) => ({ name: `com.example/${name}`, description: `Does ${name}`, version: '1.0.0' })),
  });
const TOOLHIVE = JSON.stringify({
  servers: { fetch: { description: 'Fetches pages', image: 'docker.io/mcp/fetch', transport: 'stdio' } },
});
const TRIGGER = 'toolhive.stacklok.dev/sync-trigger';
const ALIAS = 'toolhive.stacklok.dev/manual-sync';

// The operator and the registry reach Temporal over TLS, with client certificates and an API key.
describe.skipIf('missing' in programs)(`a registry that the operator made${because}`, { timeout: 120_000 }, () => {
  let cluster: OperatorCluster;
  let operator: RunningOperator;
  let temporal: TemporalWithTls;
  let database: TestDatabase;
  let pod: PodProcess;
  let folder: string;
  let gitPort: number;
  let git: GitHttpServer | undefined;

  beforeAll(async () => {
    if ('missing' in programs) return;
    [cluster, database, folder, gitPort] = await Promise.all([
      OperatorCluster.start(programs),
      createTestDatabase(),
      mkdtemp(join(tmpdir(), 'rollcall-git-')),
      findFreePort(),
    ]);
    registries = sources();
    temporal = await startTemporalWithTls(cluster.temporal.address);
    await cluster.createNamespace('live');
    operator = await cluster.startOperator({ temporal });
    await cluster.apply(
      configMap('data', document('one', 'two')),
      configMap('other', TOOLHIVE),
      passwords(),
      registry(),
    );
  }, 180_000);
  afterAll(async () => {
    await pod?.stop();
    await operator?.stop();
    await cluster?.stop();
    await temporal?.stop();
    await git?.close();
    await database?.drop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const secret = (name: string, stringData: Readonly<Record<string, string>>): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'live', name },
    stringData,
  });
  const configMap = (name: string, text: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'live', name },
    data: { 'registry.json': text },
  });
  const passwords = (): Manifest =>
    secret('passwords', {
      app: String(database.settings.password),
      migration: String(database.ownerSettings.password),
    });
  /** None of the sources has a `syncPolicy`. */
  const sources = (filter: object = { names: { include: ['org.elsewhere/*'] } }): object[] => [
    { name: 'local', configMapRef: { name: 'data' } },
    { name: 'git', git: { repository: `http://${LOOPBACK}:${gitPort}/catalog.git` } },
    { name: 'mistaken', format: 'upstream', configMapRef: { name: 'other' } },
    { name: 'filtered', configMapRef: { name: 'data' }, filter },
  ];
  let registries: object[] = [];
  const registry = (annotations: Readonly<Record<string, string>> = {}): Manifest => {
    const { host, port, database: name, user } = database.settings;
    const metadata = { namespace: 'live', name: 'weather', annotations };
    return {
      apiVersion: 'toolhive.stacklok.dev/v1alpha1',
      kind: 'MCPRegistry',
      metadata,
      spec: {
        auth: { mode: 'anonymous' },
        registries,
        databaseConfig: {
          host,
          port,
          database: name,
          user,
          migrationUser: database.ownerSettings.user,
          sslMode: 'disable',
          dbAppUserPasswordSecretRef: { name: 'passwords', key: 'app' },
          dbMigrationUserPasswordSecretRef: { name: 'passwords', key: 'migration' },
        },
      },
    };
  };

  const statusOf = (): Promise<JsonObject> => cluster.statusOf('live', 'weather');
  const sourceOf = (of: JsonObject, source: string): JsonObject | undefined =>
    objectsOf(of['sources']).find(({ name }) => name === source);
  /** Waits for a status, and asks the operator to look again meanwhile: it does so every 5 to 30 seconds. */
  async function status(isExpected: (status: JsonObject) => boolean, what: string): Promise<JsonObject> {
    let last: JsonObject = {};
    await cluster.eventually(
      async () => {
        last = await statusOf();
        if (isExpected(last)) return true;
        await cluster.apply(registry({ look: String(Date.now()) }));
        return false;
      },
      () => `${what}: ${JSON.stringify(last)}`,
      60_000,
    );
    return last;
  }
  async function served(source: string): Promise<string[]> {
    const response = await fetch(`${pod.url}/registry/${source}/v0.1/servers`);
    const { servers } = (await response.json()) as { servers: { server: { name: string } }[] };
    return servers.map(({ server }) => server.name);
  }

  test('needs credentials for Temporal in its own namespace', async () => {
    const failed = await cluster.phase('live', 'weather', 'Failed');
    expect(condition(failed, 'Ready')).toMatchObject({
      reason: 'SecretNotFound',
      message:
        "--registry-temporal-secret of the operator: the Secret rollcall-temporal doesn't exist in the namespace live: create it, or correct the name",
    });
    await cluster.apply(secret(TEMPORAL_SECRET, temporal.credentials));
    await cluster.phase('live', 'weather', 'Pending');
  });

  test('shows in its status which sources fail, which field is at fault, and what to do', async () => {
    pod = await startPod(cluster, 'live', 'weather');
    await cluster.setReady('live', 'weather');
    const failed = await status(
      ({ sources: all }) =>
        objectsOf(all).filter(({ phase }) => phase !== 'Syncing' && phase !== 'Pending').length === 5,
      'every source was tried',
    );
    expect(failed).toMatchObject({
      phase: 'Failed',
      message: expect.stringMatching(/^spec\.registries\[1\]: source git: .*Check the URL, the network policies/),
      syncStatus: { phase: 'Failed', message: '2 of 5 sources are failing: git, mistaken' },
    });
    expect(condition(failed, 'SourceAvailable')).toMatchObject({
      status: 'False',
      reason: 'UpstreamUnavailable',
      message: failed['message'],
    });
    expect(condition(failed, 'DataValid')).toMatchObject({ status: 'False', reason: 'FormatMismatch' });
    const { message } = condition(failed, 'DataValid') ?? {};
    expect(message).toMatch(/spec\.registries\[2\]: source mistaken: .*has the format upstream.*Set `format`/);
    expect(message).toMatch(
      /spec\.registries\[3\]\.filter excludes every entry of the source filtered: loosen or remove/,
    );
    expect(condition(failed, 'SyncSuccessful')).toMatchObject({ status: 'False', reason: 'SyncFailed' });
    expect(condition(failed, 'Ready')).toMatchObject({ status: 'True' });
    expect(sourceOf(failed, 'git')).toMatchObject({ lastError: expect.stringContaining('UpstreamUnavailable: ') });
    // The source that can be read is served.
    expect(sourceOf(failed, 'local')).toMatchObject({ phase: 'Complete', serverCount: 2 });
    expect(await served('local')).toEqual(['com.example/one', 'com.example/two']);
    // There is a registry for each source, and one with all sources and the name of the resource, as in 2025.
    expect(await served('weather')).toEqual(['com.example/one', 'com.example/two']);
    expect(await served('default')).toEqual([]);
    const notes = (await cluster.eventsOf('live', 'weather')).map(({ note }) => note);
    expect(notes).toContain(failed['message']);
  });

  test('is ready once each fault is repaired, and git is synced at once because an annotation asks for it', async () => {
    const repository = await GitRepository.create(folder, 'catalog.git');
    await repository.commit({ 'registry.json': document('three') });
    git = await startGitHttp({ root: folder, port: gitPort });
    await cluster.apply(configMap('other', document('four')));
    registries = sources({ names: { include: ['com.example/o*'] } });
    const before = await cluster.get('Deployment', 'live', 'weather-api');
    await cluster.apply(registry());
    await cluster.eventually(
      async () => !jsonEquals((await cluster.get('Deployment', 'live', 'weather-api'))?.['spec'], before?.['spec']),
      'the pods restart for the new filter',
    );
    await pod.stop();
    pod = await startPod(cluster, 'live', 'weather');
    await cluster.apply(registry({ [TRIGGER]: 'repaired' }));
    let ready: JsonObject = {};
    await cluster.eventually(
      async () => {
        ready = await statusOf();
        const { phase, serverCount } = memberOf(ready, 'syncStatus');
        return ready['phase'] === 'Ready' && phase === 'Complete' && serverCount === 5;
      },
      () => `it is ready, and git was synced: ${JSON.stringify(ready)}`,
      80_000,
    );
    expect(ready).toMatchObject({
      message: 'Registry is ready and API is serving requests',
      lastManualSyncTrigger: 'repaired',
      syncStatus: {
        phase: 'Complete',
        message: '5 sources',
        serverCount: 5,
        lastSyncTime: expect.stringMatching(/Z$/),
      },
    });
    for (const type of ['Ready', 'SourceAvailable', 'DataValid', 'SyncSuccessful']) {
      expect(condition(ready, type)).toMatchObject({ status: 'True' });
    }
    expect(await served('git')).toEqual(['com.example/three']);
    expect(await served('mistaken')).toEqual(['com.example/four']);
    expect(await served('filtered')).toEqual(['com.example/one']);
    expect(await readFile(join(pod.root, 'config/config.yaml'), 'utf8')).toContain('configMap:');
    expect(temporal.refused).toBe(0);
  });

  test('keeps serving while a document is broken, and reports that it was repaired', async () => {
    await cluster.apply(configMap('data', '{"nonsense": true}'));
    const broken = await status((now) => condition(now, 'DataValid')?.['status'] === 'False', 'the document is broken');
    expect(condition(broken, 'DataValid')).toMatchObject({
      reason: 'DocumentInvalid',
      message: expect.stringMatching(/^spec\.registries\[0\]: source local: .*Repair the registry document\./),
    });
    expect(broken['phase']).toBe('Ready');
    expect(await served('local')).toHaveLength(2);
    await cluster.apply(configMap('data', document('one', 'two', 'three')));
    await status((now) => sourceOf(now, 'local')?.['serverCount'] === 3, 'it was repaired');
    const notes = (await cluster.eventsOf('live', 'weather')).map(({ note }) => String(note));
    expect(notes.some((note) => note.includes('Repair the registry document'))).toBe(true);
    // The details of the resource in the Temporal Web UI, newest first.
    const workflow = cluster.client.workflow.getHandle('registry/live/weather');
    let told: string[] = [];
    await cluster.eventually(
      async () => {
        const { story, ...state } = await workflow.query<{ story: { text: string }[] }>('describe');
        // Nothing of the resource itself, which may contain secrets.
        expect(Object.keys(state).toSorted()).toEqual(['failures', 'last', 'name', 'namespace', 'version']);
        told = story.map(({ text }) => text);
        return told[0] === 'Ready: Registry is ready and API is serving requests';
      },
      () => `the story ends well: ${told.join('\n')}`,
    );
    expect(told.some((text) => text.includes('source local') && text.includes('Repair'))).toBe(true);
  });

  test.each([TRIGGER, ALIAS])(
    'syncs sources without syncPolicy for %s, without moving the schedule',
    async (annotation) => {
      const client = new Client({ connection: cluster.client.connection, namespace: 'live.weather' });
      const actor = client.workflow.getHandle('source/git');
      type Description = { nextCycleAt?: string; recentSyncs: { trigger: string; number: number }[] };
      const before = await actor.query<Description>('describe');
      await cluster.apply(registry({ [annotation]: annotation }));
      await cluster.eventually(
        async () => (await statusOf())['lastManualSyncTrigger'] === annotation,
        'the trigger is recorded',
      );
      let after = before;
      await cluster.eventually(async () => {
        after = await actor.query<Description>('describe');
        return (
          after.recentSyncs[0]?.trigger === 'message' && after.recentSyncs[0].number > before.recentSyncs[0]!.number
        );
      }, 'it syncs');
      expect(before.nextCycleAt).toBeDefined();
      expect(after.nextCycleAt).toBe(before.nextCycleAt);
      expect(await cluster.eventsOf('live', 'weather')).toContainEqual({
        type: 'Normal',
        reason: 'SyncRequested',
        note: `Syncing 5 sources, requested by the annotation ${annotation}`,
      });
    },
  );
});
