import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findOnPath } from '../../embedded/programs.ts';
import { memberOf } from '../../registry/json.ts';
import { askForPrograms } from '../kubernetes/api-server.ts';
import { type Controllers, findControllers, startControllers } from '../kubernetes/controllers.ts';
import type { Manifest } from '../kubernetes/manifests.ts';
import { condition, OperatorCluster, type RunningOperator } from './operator-cluster.ts';

const programs = await askForPrograms();
const controllerPrograms = await findControllers();
const missing = [programs, controllerPrograms].flatMap((found) => ('missing' in found ? [found.missing] : []));
const because = missing.length === 0 ? '' : ` (skipped: ${missing.join('; ')})`;
const kubectl = await findOnPath('kubectl', process.env);

const registry = (name: string, spec: object = {}): Manifest => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPRegistry',
  metadata: { namespace: 'team-a', name },
  spec: { registries: [{ name: 'upstream', api: { endpoint: 'https://registry.example.com' } }], ...spec },
});

describe.skipIf(missing.length > 0)(`with the controllers of Kubernetes${because}`, { timeout: 120_000 }, () => {
  let cluster: OperatorCluster;
  let controllers: Controllers;
  let operator: RunningOperator;

  beforeAll(async () => {
    if ('missing' in programs || 'missing' in controllerPrograms) return;
    cluster = await OperatorCluster.start(programs);
    await cluster.createNamespace('team-a');
    controllers = await startControllers(cluster.server, controllerPrograms);
    operator = await cluster.startOperator();
  }, 180_000);
  afterAll(async () => {
    await operator?.stop();
    await controllers?.stop();
    await cluster?.stop();
  });

  test('a registry becomes ready with its pods, and goes with everything that it had', async () => {
    await cluster.apply(registry('whole'));
    const isReady = async (): Promise<boolean> => {
      await controllers.schedule();
      return condition(await cluster.statusOf('team-a', 'whole'), 'Ready')?.['status'] === 'True';
    };
    await cluster.eventually(isReady, 'it is ready', 60_000);
    expect(await cluster.statusOf('team-a', 'whole')).toMatchObject({ phase: 'Syncing', readyReplicas: 1 });
    await cluster.delete('MCPRegistry', 'team-a', 'whole');
    const kinds = { Deployment: '-api', Service: '-api', ConfigMap: '-registry-server-config', Role: '-registry-api' };
    for (const [kind, suffix] of Object.entries(kinds)) {
      const isGone = async (): Promise<boolean> => (await cluster.get(kind, 'team-a', `whole${suffix}`)) === null;
      await cluster.eventually(isGone, `the ${kind} is gone`, 60_000);
    }
  });

  test.skipIf(kubectl === undefined)('kubectl waits for, lists, and describes it', async () => {
    await cluster.apply(registry('seen'));
    const scheduling = setInterval(() => void controllers.schedule().catch(() => undefined), 500);
    const run = async (...parameters: string[]): Promise<string> => {
      const kubeconfig = cluster.server.file('admin-kubeconfig.json');
      const child = spawn(kubectl ?? '', [`--kubeconfig=${kubeconfig}`, '--namespace=team-a', ...parameters]);
      return await text(child.stdout);
    };
    try {
      expect(await run('wait', '--for=condition=Ready', 'mcpregistry/seen', '--timeout=60s')).toContain(
        'condition met',
      );
    } finally {
      clearInterval(scheduling);
    }
    expect(await run('get', 'mcpreg')).toMatch(
      /^NAME +PHASE +SYNC +API +SERVERS +LAST SYNC +AGE +MESSAGE\nseen +Syncing +Syncing +Ready /,
    );
    const description = await run('describe', 'mcpregistry', 'seen');
    expect(description).toMatch(/Phase: +Syncing/);
    expect(description).toMatch(/Normal +Syncing .*rollcall.dev\/operator +API is serving requests/);
  });

  test('a quota that prevents pods fails it, with the message of the quota', async () => {
    await cluster.createNamespace('tight');
    await cluster.server.do('POST', '/api/v1/namespaces/tight/resourcequotas', {
      json: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' }, spec: { hard: { pods: '0' } } },
    });
    const { metadata, ...rest } = registry('squeezed');
    await cluster.apply({
      ...rest,
      apiVersion: rest.apiVersion,
      kind: rest.kind,
      metadata: { ...metadata, namespace: 'tight' },
    });
    const status = await cluster.phase('tight', 'squeezed', 'Failed');
    expect(status['message']).toMatch(/^Pods can't be created: .*exceeded quota: none/);
    expect(memberOf(status, 'apiStatus')['phase']).toBe('Error');
  });
});
