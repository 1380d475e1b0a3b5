/** The pod's command, run as a process with the configuration and files that the operator made, in place of the pod. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { type JsonObject, memberOf, objectsOf } from '../../registry/json.ts';
import { type RunningCommand, startRollcall } from '../cli/rollcall-process.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { askForPrograms } from '../kubernetes/api-server.ts';
import type { Manifest } from '../kubernetes/manifests.ts';
import { condition, OperatorCluster, type RunningOperator } from './operator-cluster.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';

const document = (...names: string[]): string =>
  JSON.stringify({
    servers: names.map((name) => ({ name: `com.example/${name}`, description: `Does ${name}`, version: '1.0.0' })),
  });

const annotated = (metadata: Manifest['metadata'], annotations: Record<string, string>): Manifest['metadata'] =>
  Object.assign(metadata, { annotations });

describe.skipIf('missing' in programs)(`a registry that the operator made${because}`, { timeout: 120_000 }, () => {
  let cluster: OperatorCluster;
  let operator: RunningOperator;
  let database: TestDatabase;
  let pod: RunningCommand;
  let root: string;
  let url: string;

  beforeAll(async () => {
    if ('missing' in programs) return;
    [cluster, database] = await Promise.all([OperatorCluster.start(programs), createTestDatabase()]);
    root = await mkdtemp(join(tmpdir(), 'rollcall-pod-'));
    await cluster.createNamespace('live');
    operator = await cluster.startOperator();
    await cluster.apply(data(document('one', 'two')), passwords(), registry());
    await cluster.phase('live', 'weather', 'Pending');
    pod = await startPod();
    await pod.printed(/is running/);
    await cluster.setReady('live', 'weather');
    await cluster.phase('live', 'weather', 'Ready');
  }, 240_000);
  afterAll(async () => {
    pod?.stop();
    await pod?.ended;
    await operator?.stop();
    await cluster?.stop();
    await database?.drop();
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  });

  const data = (text: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'live', name: 'data' },
    data: { 'registry.json': text },
  });
  const passwords = (): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'live', name: 'passwords' },
    stringData: { app: String(database.settings.password), migration: String(database.ownerSettings.password) },
  });
  const registry = (annotations: Record<string, string> = {}): Manifest => {
    const { host, port, database: name, user } = database.settings;
    return {
      apiVersion: 'toolhive.stacklok.dev/v1alpha1',
      kind: 'MCPRegistry',
      metadata: annotated({ namespace: 'live', name: 'weather' }, annotations),
      spec: {
        auth: { mode: 'anonymous' },
        registries: [
          { name: 'local', configMapRef: { name: 'data', key: 'registry.json' }, syncPolicy: { interval: '1h' } },
        ],
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

  /** Files are mounted below a folder instead of `/`, and ports are free ones. */
  async function startPod(): Promise<RunningCommand> {
    const deployment = await cluster.get('Deployment', 'live', 'weather-api');
    const podSpec = memberOf(memberOf(memberOf(deployment, 'spec'), 'template'), 'spec');
    const [container] = objectsOf(podSpec['containers']);
    const configMap = memberOf(await cluster.get('ConfigMap', 'live', 'weather-registry-server-config'), 'data');
    const secret = memberOf(await cluster.get('Secret', 'live', 'weather-db-pgpass'), 'data');
    await writeBelow('/config/config.yaml', String(configMap['config.yaml']));
    await writeBelow('/home/appuser/.pgpass', Buffer.from(String(secret['.pgpass']), 'base64').toString());
    const token = await cluster.accountToken('live', 'weather-registry-api');
    await writeFile(cluster.server.file('pod-token'), token);
    await writeFile(join(root, 'kubeconfig'), cluster.kubeconfigFor('pod-token', 'live'));
    const address = `${LOOPBACK}:${await findFreePort()}`;
    url = `http://${address}`;
    const parameters = ((container?.['args'] ?? []) as string[]).map((argument) =>
      argument
        .replace('--address=:8080', `--address=${address}`)
        .replace('--internal-address=:8081', `--internal-address=${LOOPBACK}:0`)
        .replace(/=\//, `=${root}/`),
    );
    const environment = objectsOf(container?.['env']).map(({ name, value }) => [
      String(name),
      String(value).replace(/^\//, `${root}/`),
    ]);
    return startRollcall({ ...Object.fromEntries(environment), KUBECONFIG: join(root, 'kubeconfig') }, ...parameters);
  }

  async function writeBelow(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode: 0o600 });
  }

  async function served(): Promise<string[]> {
    const response = await fetch(`${url}/registry/local/v0.1/servers`);
    const { servers } = (await response.json()) as { servers: { server: { name: string } }[] };
    return servers.map(({ server }) => server.name);
  }

  const sourceOf = (status: JsonObject): JsonObject | undefined =>
    objectsOf(status['sources']).find(({ name }) => name === 'local');

  test('serves what the resource describes, with the sync state in its status', async () => {
    expect(await readFile(join(root, 'config/config.yaml'), 'utf8')).toContain('configMap:');
    expect(await served()).toEqual(['com.example/one', 'com.example/two']);
    const status = await cluster.statusOf('live', 'weather');
    expect(sourceOf(status)).toMatchObject({ phase: 'Complete', serverCount: 2 });
    expect(status).toMatchObject({
      message: 'Registry is ready and API is serving requests',
      syncStatus: { phase: 'Complete', serverCount: 2, lastSyncTime: expect.stringMatching(/Z$/) },
    });
    for (const type of ['Ready', 'SourceAvailable', 'DataValid', 'SyncSuccessful']) {
      expect(condition(status, type)).toMatchObject({ status: 'True' });
    }
  });

  test('tells in its status and in events that a document is broken, and that it was repaired', async () => {
    await cluster.apply(data('{"nonsense": true}'));
    const isBroken = async (): Promise<boolean> =>
      condition(await cluster.statusOf('live', 'weather'), 'DataValid')?.['status'] === 'False';
    await cluster.apply(registry({ look: 'now' }));
    await cluster.eventually(
      async () => {
        if (await isBroken()) return true;
        await cluster.apply(registry({ look: String(Date.now()) }));
        return false;
      },
      'the status tells of it',
      60_000,
    );
    const status = await cluster.statusOf('live', 'weather');
    expect(condition(status, 'DataValid')).toMatchObject({
      reason: 'DocumentInvalid',
      message: expect.stringMatching(/^spec\.registries\[0\]: source local: .*Repair the registry document\./),
    });
    // What was synced before is still served.
    expect(status['phase']).toBe('Ready');
    expect(await served()).toHaveLength(2);
    await cluster.apply(data(document('one', 'two', 'three')));
    await cluster.eventually(
      async () => {
        await cluster.apply(registry({ look: String(Date.now()) }));
        return sourceOf(await cluster.statusOf('live', 'weather'))?.['serverCount'] === 3;
      },
      'it was repaired',
      60_000,
    );
    const reasons = (await cluster.eventsOf('live', 'weather')).map(({ note }) => String(note));
    expect(reasons.some((note) => note.includes('Repair the registry document'))).toBe(true);
    // What the Temporal Web UI shows of the resource, newest first.
    const workflow = cluster.client.workflow.getHandle('registry/live/weather');
    let told: string[] = [];
    await cluster.eventually(
      async () => {
        const { story } = await workflow.query<{ story: { text: string }[] }>('describe');
        told = story.map(({ text }) => text);
        return told[0] === 'Ready: Registry is ready and API is serving requests';
      },
      () => `the story ends well: ${told.join('\n')}`,
    );
    expect(told.some((text) => text.includes('source local') && text.includes('Repair'))).toBe(true);
  });

  test('syncs all sources when an annotation asks for it, without moving the schedule', async () => {
    const client = new Client({ connection: cluster.client.connection, namespace: 'live.weather' });
    const actor = client.workflow.getHandle('source/local');
    type Description = { nextCycleAt?: string; recentSyncs: { trigger: string; number: number }[] };
    const before = await actor.query<Description>('describe');
    await cluster.apply(registry({ 'toolhive.stacklok.dev/sync-trigger': 'first' }));
    await cluster.eventually(
      async () => (await cluster.statusOf('live', 'weather'))['lastManualSyncTrigger'] === 'first',
      'the trigger is recorded',
    );
    let after = before;
    await cluster.eventually(async () => {
      after = await actor.query<Description>('describe');
      return after.recentSyncs[0]?.trigger === 'message' && after.recentSyncs[0].number > before.recentSyncs[0]!.number;
    }, 'it syncs');
    expect(after.nextCycleAt).toBe(before.nextCycleAt);
    expect((await cluster.eventsOf('live', 'weather')).map(({ reason }) => reason)).toContain('SyncRequested');
  });
});
