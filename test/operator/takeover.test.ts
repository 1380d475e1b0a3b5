import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memberOf, objectsOf } from '../../registry/json.ts';
import { runRollcall } from '../cli/rollcall-process.ts';
import { askForPrograms } from '../kubernetes/api-server.ts';
import type { Manifest } from '../kubernetes/manifests.ts';
import { IMAGE, OperatorCluster, parse, readDeployed, type RunningOperator } from './operator-cluster.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';

const RESOURCE = (name: string, labels = ''): string => `
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPRegistry
metadata:
  name: ${name}
  namespace: team-c
  labels: {${labels}}
  finalizers: [mcpregistry.toolhive.stacklok.dev/finalizer]
spec:
  configYAML: |
    sources: [{name: k8s, kubernetes: {}}]
    database: {host: postgres, user: db_app, database: registry}
    auth: {mode: anonymous}
`;
const MANAGED = 'rollcall.dev/managed: "true"';

/** The objects that ToolHive's operator makes of a resource, with the fields that matter here. */
const ofToolhive = (name: string, uid: string): Manifest[] =>
  parse(`
apiVersion: apps/v1
kind: Deployment
metadata: &metadata
  name: ${name}-api
  namespace: team-c
  annotations: {toolhive.stacklok.io/podtemplatespec-hash: abc}
  labels: &labels
    app.kubernetes.io/name: ${name}-api
    app.kubernetes.io/component: registry-api
    app.kubernetes.io/managed-by: toolhive-operator
    toolhive.stacklok.io/registry-name: ${name}
  ownerReferences:
    - {apiVersion: toolhive.stacklok.dev/v1beta1, kind: MCPRegistry, name: ${name}, uid: ${uid}, controller: true, blockOwnerDeletion: true}
spec:
  replicas: 4
  selector:
    matchLabels: {app.kubernetes.io/name: ${name}-api, app.kubernetes.io/component: registry-api}
  template:
    metadata: {labels: *labels}
    spec:
      serviceAccountName: ${name}-registry-api
      volumes:
        - name: registry-server-config
          configMap: {name: ${name}-registry-server-config}
        - name: left-over
          emptyDir: {}
      containers:
        - name: registry-api
          image: ghcr.io/stacklok/thv-registry-api:v1.5.3
          args: [serve, --config=/config/config.yaml]
          env: [{name: LOG_LEVEL, value: debug}]
          ports: [{name: http, containerPort: 8080}]
          volumeMounts:
            - {name: registry-server-config, mountPath: /config}
            - {name: left-over, mountPath: /left-over}
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}-api
  namespace: team-c
  labels: {app.kubernetes.io/managed-by: toolhive-operator}
  ownerReferences:
    - {apiVersion: toolhive.stacklok.dev/v1beta1, kind: MCPRegistry, name: ${name}, uid: ${uid}, controller: true, blockOwnerDeletion: true}
spec:
  selector: {app.kubernetes.io/name: ${name}-api, app.kubernetes.io/component: registry-api}
  ports: [{name: http, port: 8080, targetPort: 8080}]
`);

// With the permissions for one namespace only: a Role, and no ClusterRole.
describe.skipIf('missing' in programs)(`resources of ToolHive's operator${because}`, { timeout: 90_000 }, () => {
  let cluster: OperatorCluster;
  let operator: RunningOperator;

  beforeAll(async () => {
    if ('missing' in programs) return;
    cluster = await OperatorCluster.start(programs, 'one-namespace.yaml');
    for (const name of ['team-c', 'team-d']) await cluster.createNamespace(name);
    for (const manifest of await readDeployed('one-namespace.yaml')) {
      await cluster.apply({ ...manifest, metadata: { ...manifest.metadata, namespace: 'team-c' } });
    }
    operator = await cluster.startOperator({ namespaces: ['team-c'], managesAll: false });
  }, 180_000);
  afterAll(async () => {
    await operator?.stop();
    await cluster?.stop();
  });

  const create = async (name: string): Promise<string> => {
    await cluster.apply(...parse(RESOURCE(name)));
    const uid = String(memberOf(await cluster.get('MCPRegistry', 'team-c', name), 'metadata')['uid']);
    for (const manifest of ofToolhive(name, uid)) {
      const collection = manifest.kind === 'Service' ? '/api/v1' : '/apis/apps/v1';
      const path = `${collection}/namespaces/team-c/${manifest.kind.toLowerCase()}s?fieldManager=thv-operator`;
      await cluster.server.do('POST', path, { json: manifest });
    }
    return uid;
  };
  const adopt = (...parameters: string[]): ReturnType<typeof runRollcall> =>
    runRollcall(
      'operator',
      `--kubeconfig=${cluster.kubeconfig}`,
      `--image=${IMAGE}`,
      '--temporal-address=temporal:7233',
      'adopt',
      '--namespace=team-c',
      ...parameters,
    );

  test('are left alone without the label, and shown by adopt --dry-run', async () => {
    await create('alone');
    const { status, stdout, stderr } = await adopt('--dry-run', 'alone');
    expect(stderr).toBe('');
    expect(stdout).toContain('MCPRegistry team-c/alone');
    expect(stdout).toContain('ConfigMap alone-registry-server-config: created');
    expect(stdout).toContain('Deployment alone-api: changed');
    expect(stdout).toMatch(/- +image: ghcr.io\/stacklok\/thv-registry-api:v1.5.3\n/);
    expect(stdout).toMatch(/\+ +image: registry.example.com\/rollcall:test\n/);
    expect(status).toBe(0);
    expect(await cluster.statusOf('team-c', 'alone')).toEqual({});
    expect(await cluster.get('ConfigMap', 'team-c', 'alone-registry-server-config')).toBeNull();
  });

  test('are taken over in place once they have the label', async () => {
    await create('moves');
    const before = await cluster.get('Deployment', 'team-c', 'moves-api');
    await cluster.apply(...parse(RESOURCE('moves', MANAGED)));
    await cluster.phase('team-c', 'moves', 'Pending');
    const after = await cluster.get('Deployment', 'team-c', 'moves-api');
    expect(memberOf(after, 'metadata')['uid']).toBe(memberOf(before, 'metadata')['uid']);
    const spec = memberOf(after, 'spec');
    expect(spec).toMatchObject({ replicas: 4, selector: memberOf(before, 'spec')['selector'] });
    const pod = memberOf(memberOf(spec, 'template'), 'spec');
    expect(objectsOf(pod['volumes']).map(({ name }) => name)).not.toContain('left-over');
    const [container] = objectsOf(pod['containers']);
    expect(container).toMatchObject({ name: 'registry-api', image: IMAGE });
    expect(objectsOf(container?.['env']).map(({ name }) => name)).not.toContain('LOG_LEVEL');
    expect(objectsOf(container?.['volumeMounts']).map(({ mountPath }) => mountPath)).not.toContain('/left-over');
    const service = await cluster.get('Service', 'team-c', 'moves-api');
    expect(objectsOf(memberOf(service, 'spec')['ports'])).toMatchObject([{ port: 8080, targetPort: 'http' }]);
    await cluster.delete('MCPRegistry', 'team-c', 'moves');
    await cluster.eventually(
      async () => (await cluster.get('MCPRegistry', 'team-c', 'moves')) === null,
      'it is deleted',
    );
  });

  test("are not touched while ToolHive's operator runs", async () => {
    const [other] = parse(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: toolhive-operator, namespace: team-c, labels: {app.kubernetes.io/name: toolhive-operator}}
spec:
  replicas: 1
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: manager, image: toolhive}]}}
`);
    await cluster.apply(other!);
    await cluster.apply(...parse(RESOURCE('held', MANAGED)));
    await cluster.eventually(
      async () => (await cluster.eventsOf('team-c', 'held')).some(({ reason }) => reason === 'ManagedElsewhere'),
      'an event says so',
    );
    expect(await cluster.statusOf('team-c', 'held')).toEqual({});
    expect((await adopt('--dry-run', 'held')).stdout).toContain('Nothing is taken over until it is uninstalled');
    await cluster.apply({ ...other!, spec: { ...(other!['spec'] as object), replicas: 0 } });
    await cluster.apply(...parse(RESOURCE('held', `${MANAGED}, again: "yes"`)));
    await cluster.phase('team-c', 'held', 'Pending');
  });

  test("in namespaces that the operator doesn't manage are left alone", async () => {
    await cluster.apply(...parse(RESOURCE('far', MANAGED).replace('team-c', 'team-d')));
    await cluster.apply(...parse(RESOURCE('near', MANAGED)));
    await cluster.phase('team-c', 'near', 'Pending');
    expect(await cluster.statusOf('team-d', 'far')).toEqual({});
  });
});
