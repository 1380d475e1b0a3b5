import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { memberOf, objectsOf } from '../../registry/json.ts';
import { askForPrograms } from '../kubernetes/api-server.ts';
import { condition, IMAGE, OperatorCluster, parse, type RunningOperator } from './operator-cluster.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';

const CONFIG_YAML = `
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPRegistry
metadata: { name: written, namespace: team-a }
spec:
  displayName: Written by hand
  configYAML: |
    sources:
      - name: k8s
        kubernetes: {}
    registries:
      - name: default
        sources: [k8s]
    database:
      host: postgres
      user: db_app
      database: registry
    auth:
      mode: anonymous
  pgpassSecretRef: { name: passwords, key: .pgpass }
`;

describe.skipIf('missing' in programs)(`the operator${because}`, () => {
  let cluster: OperatorCluster;
  let operator: RunningOperator;

  beforeAll(async () => {
    if ('missing' in programs) return;
    cluster = await OperatorCluster.start(programs);
    await cluster.createNamespace('team-a');
    operator = await cluster.startOperator();
  }, 120_000);
  afterAll(async () => {
    await operator?.stop();
    await cluster?.stop();
  });

  test('makes a registry of a configuration that was written by hand', async () => {
    await cluster.apply(...parse(CONFIG_YAML));
    const failed = await cluster.phase('team-a', 'written', 'Failed');
    expect(condition(failed, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'SecretNotFound',
      message: expect.stringContaining('spec.pgpassSecretRef: the Secret passwords'),
    });
    await cluster.apply(
      ...parse(
        '{apiVersion: v1, kind: Secret, metadata: {name: passwords, namespace: team-a}, stringData: {.pgpass: x}}',
      ),
    );
    await cluster.phase('team-a', 'written', 'Pending');
    const deployment = await cluster.get('Deployment', 'team-a', 'written-api');
    const [container] = objectsOf(memberOf(memberOf(memberOf(deployment, 'spec'), 'template'), 'spec')['containers']);
    expect(container).toMatchObject({ name: 'registry-api', image: IMAGE });
    const configMap = await cluster.get('ConfigMap', 'team-a', 'written-registry-server-config');
    expect(parseYaml(String(memberOf(configMap, 'data')['config.yaml']))).toMatchObject({ sources: [{ name: 'k8s' }] });
    for (const kind of ['ServiceAccount', 'Role', 'RoleBinding']) {
      expect(await cluster.get(kind, 'team-a', 'written-registry-api')).not.toBeNull();
    }
    expect(await cluster.get('Service', 'team-a', 'written-api')).not.toBeNull();
    await cluster.setReady('team-a', 'written');
    await cluster.eventually(
      async () => condition(await cluster.statusOf('team-a', 'written'), 'Ready')?.['status'] === 'True',
      'the registry is ready',
    );
    expect(await cluster.statusOf('team-a', 'written')).toMatchObject({
      phase: 'Syncing',
      url: 'http://written-api.team-a:8080',
      readyReplicas: 1,
      observedGeneration: 1,
    });
    expect((await cluster.eventsOf('team-a', 'written')).map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['SecretNotFound', 'Pending', 'Syncing']),
    );
  });
});
