import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memberOf, objectsOf } from '../../registry/json.ts';
import { askForPrograms } from '../kubernetes/api-server.ts';
import type { Manifest } from '../kubernetes/manifests.ts';
import { OperatorCluster, type RunningOperator } from './operator-cluster.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';

const MANY = 200;

describe.skipIf('missing' in programs)(`an operator that is interrupted${because}`, { timeout: 300_000 }, () => {
  let cluster: OperatorCluster;
  let operator: RunningOperator;

  beforeAll(async () => {
    if ('missing' in programs) return;
    cluster = await OperatorCluster.start(programs);
    for (const name of ['many', 'few']) await cluster.createNamespace(name);
    operator = await cluster.startOperator();
  }, 180_000);
  afterAll(async () => {
    await operator?.stop();
    await cluster?.stop();
  });

  const registry = (namespace: string, name: string, spec: object = {}): Manifest => ({
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPRegistry',
    metadata: { namespace, name },
    spec: { registries: [{ name: 'upstream', api: { endpoint: 'https://registry.example.com' } }], ...spec },
  });
  /** Lists all of them, which takes the API server time that the operator then doesn't have. */
  const settled = async (): Promise<number> => {
    const { body } = await cluster.server.ask(
      'GET',
      '/apis/toolhive.stacklok.dev/v1beta1/namespaces/many/mcpregistries',
    );
    return objectsOf(body['items']).filter((item) => memberOf(item, 'status')['phase'] === 'Pending').length;
  };

  test('by a restart in the middle of 200 resources creates the objects of all', async () => {
    await Promise.all(Array.from({ length: MANY }, (_, index) => cluster.apply(registry('many', `registry-${index}`))));
    await expect.poll(settled, { interval: 250, timeout: 120_000 }).toBeGreaterThanOrEqual(20);
    await operator.stop();
    operator = await cluster.startOperator();
    await expect.poll(settled, { interval: 1_000, timeout: 240_000 }).toBe(MANY);
    const { body } = await cluster.server.ask('GET', '/apis/apps/v1/namespaces/many/deployments');
    expect(objectsOf(body['items'])).toHaveLength(MANY);
  });

  test('by the loss of its API server continues when it is back', async () => {
    await cluster.apply(registry('few', 'lasting'));
    await cluster.phase('few', 'lasting', 'Pending');
    await cluster.server.kill();
    await cluster.server.startServer();
    await cluster.eventually(async () => {
      const { status } = await cluster.server.ask('GET', '/apis/toolhive.stacklok.dev/v1beta1/mcpregistries');
      return status === 200;
    }, 'it serves again');
    const imagePullSecrets = [{ name: 'added' }];
    await cluster.eventually(
      async () => {
        await cluster.apply(registry('few', 'lasting', { imagePullSecrets })).catch(() => undefined);
        const account = await cluster.get('ServiceAccount', 'few', 'lasting-registry-api');
        return JSON.stringify(account?.['imagePullSecrets']) === JSON.stringify(imagePullSecrets);
      },
      'a change that came later is applied',
      90_000,
    );
    expect(await cluster.statusOf('few', 'lasting')).toMatchObject({ phase: 'Pending' });
  });

  test('by a missing permission says so, and continues when it gets the permission', async () => {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/rollcall-operator';
    const role = await cluster.server.do('GET', path);
    const rules = objectsOf(role['rules']).filter((rule) => !(rule['resources'] as string[]).includes('deployments'));
    const patch = { type: 'application/merge-patch+json' };
    await cluster.server.do('PATCH', path, { ...patch, json: { rules } });
    await cluster.apply(registry('few', 'denied'));
    const status = await cluster.phase('few', 'denied', 'Failed');
    expect(status['message']).toMatch(
      /^The operator is not allowed to manage the Deployment denied-api: grant it with the roles in deploy\/operator\. /,
    );
    await cluster.server.do('PATCH', path, { ...patch, json: { rules: role['rules'] } });
    await cluster.eventually(
      async () => (await cluster.get('Deployment', 'few', 'denied-api')) !== null,
      'it goes on with the permission',
      90_000,
    );
  });
});
