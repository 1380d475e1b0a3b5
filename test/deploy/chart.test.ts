/** The Helm chart: linted, rendered with several value files, and accepted by a real API server, every field of it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { migrationStatus } from '../../db/upkeep/migrations.ts';
import { startRollcall } from '../cli/rollcall-process.ts';
import { load } from '../config/configuration-file.ts';
import { createEmptyTestDatabase } from '../environment.ts';
import { ApiServer, askForPrograms } from '../kubernetes/api-server.ts';
import { apply, type Manifest } from '../kubernetes/manifests.ts';
import { CHART, FOREIGN, helm, runHelm, template, valueFiles } from './chart.ts';

describe.skipIf(typeof helm !== 'string')(
  `the chart${typeof helm === 'string' ? '' : ` (skipped: ${helm.missing})`}`,
  () => {
    test.each(valueFiles)('passes the linter with %s', async (values) => {
      expect(await runHelm('lint', '--strict', '--values', values, '.')).toContain('0 chart(s) failed');
    });

    test.each([
      ['config.database.host is required', 'config.temporal.address=temporal:7233'],
      ['config.temporal.address is required', 'config.database.host=postgres'],
      ["passwords don't belong into config", 'mode=single,config.database.password=secret'],
      ['replica', 'mode=single,api.replica=3'],
    ])('refuses values with a message: %s', async (message, setting) => {
      await expect(runHelm('template', 'test', '.', '--kube-version', '1.33.0', '--set', setting)).rejects.toThrow(
        message,
      );
    });

    test.each(valueFiles)('contains a configuration without faults with %s', async (values) => {
      const configMap = (await render(values)).find(({ kind }) => kind === 'ConfigMap') as Manifest & {
        data: Record<string, string>;
      };
      expect((await load(configMap.data['rollcall.yaml'] ?? '')).sources.length).toBeGreaterThan(0);
    });

    test('gives the password of the migration user to the migration only', async () => {
      const manifests = await render('ci/replicated-values.yaml');
      const using = manifests.filter((manifest) =>
        JSON.stringify(manifest).includes('"secretName":"rollcall-migration"'),
      );
      expect(using.map(({ kind }) => kind)).toEqual(['Job']);
    });

    test('migrates an empty database with the command of its hook', async () => {
      const database = await createEmptyTestDatabase();
      const root = await mkdtemp(join(tmpdir(), 'rollcall-hook-'));
      try {
        const { host, port, database: name, user, password } = database.ownerSettings;
        const settings = { host, port, database: name, user: 'rollcall', migrationUser: user, sslMode: 'disable' };
        const manifests = await render(
          'ci/minimal-values.yaml',
          `--set-json=config.database=${JSON.stringify(settings)}`,
          '--set=database.migrationPasswordSecret.name=migration',
        );
        const hook = manifests.find(({ kind, metadata }) => kind === 'Job' && metadata.name.endsWith('-migration'));
        const { args = [], env = [] } = (hook as PodOwner).spec.template.spec.containers[0] ?? {};
        // The folder stands for /etc/rollcall.
        await writeFile(join(root, 'rollcall.yaml'), configurationOf(manifests, hook?.metadata.name ?? ''));
        await writeFile(join(root, 'password'), password ?? '');
        const environment = Object.fromEntries(
          env.map(({ name: variable, value }) => [
            variable,
            value.startsWith('/') ? join(root, basename(value)) : value,
          ]),
        );
        expect(environment).toMatchObject({ ROLLCALL_CONFIG: join(root, 'rollcall.yaml') });
        expect(await startRollcall(environment, ...args).ended).toMatchObject({ status: 0 });
        const migrations = await migrationStatus(database.ownerSettings);
        expect(migrations.filter(({ appliedAt }) => appliedAt === null)).toEqual([]);
      } finally {
        await rm(root, { recursive: true });
        await database.drop();
      }
    });

    test('gives an account token to workers that read the cluster, and to no other pod', async () => {
      const pods = (await render('ci/replicated-values.yaml')).filter(
        ({ kind }) => kind === 'Deployment',
      ) as PodOwner[];
      const tokens = pods.map(({ metadata, spec }) => [
        metadata.labels?.['app.kubernetes.io/component'],
        spec.template.spec.automountServiceAccountToken,
      ]);
      expect(Object.fromEntries(tokens)).toEqual({ api: false, worker: true, operator: undefined });
    });

    test('runs the operator in the named namespaces with the rules of the plain manifests', async () => {
      const manifests = await render('ci/replicated-values.yaml');
      const [role] = parseAllDocuments(await readFile(join(CHART, '../../operator/cluster-role.yaml'), 'utf8'));
      const roles = manifests.filter(({ kind, metadata }) => kind === 'Role' && metadata.name.endsWith('-operator'));
      expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['team-a', 'team-b']);
      const { rules: shipped } = (role?.toJS() ?? {}) as Partial<Manifest>;
      for (const { rules } of roles) expect(rules).toEqual(shipped);
      expect(JSON.stringify(manifests)).toContain('--namespaces=team-a,team-b');
      const definitions = manifests.filter(({ kind }) => kind === 'CustomResourceDefinition');
      expect(definitions).toHaveLength(2);
      for (const { metadata } of definitions) {
        expect(metadata).toMatchObject({ annotations: { 'helm.sh/resource-policy': 'keep' } });
      }
    });

    test('makes the version of the workers current after their rollout', async () => {
      const manifests = await render('ci/minimal-values.yaml');
      const workers = manifests.filter(({ kind, metadata }) => kind === 'Deployment' && /-worker-/.test(metadata.name));
      expect(workers.map(({ metadata }) => metadata.name)).toEqual(['minimal-rollcall-worker-0-1-0']);
      expect(JSON.stringify(workers)).toContain('{"name":"THV_REGISTRY_TEMPORAL_WORKERVERSIONING","value":"true"}');
      const job = manifests.find(({ metadata }) => metadata.name === 'minimal-rollcall-worker-version');
      expect(job?.metadata).toMatchObject({
        annotations: { 'helm.sh/hook': 'post-install,post-upgrade,post-rollback' },
      });
      expect(JSON.stringify(job)).toContain('"args":["worker-version","set-current"');
    });

    test('gives the operator the credentials for Temporal of the release, or others for another server', async () => {
      const release = argumentsOfOperator(await render('ci/replicated-values.yaml'));
      expect(release).toEqual(
        expect.arrayContaining([
          '--temporal-address=temporal.example.com:7233',
          '--temporal-tls-ca-file=/etc/rollcall/temporal-tls/ca.crt',
          '--temporal-tls-certificate-file=/etc/rollcall/temporal-tls/tls.crt',
          '--temporal-tls-key-file=/etc/rollcall/temporal-tls/tls.key',
          '--temporal-api-key-file=/etc/rollcall/temporal/api-key',
          '--registry-temporal-secret=rollcall-temporal',
        ]),
      );
      const settings = 'address=cloud:7233,tls.enabled=true,tls.serverName=cloud.example.com,apiKeySecret.name=cloud';
      const others = settings.split(',').map((setting) => `operator.temporal.${setting}`);
      const other = await render('ci/replicated-values.yaml', '--set', others.join(','));
      expect(argumentsOfOperator(other).filter((argument) => argument.includes('temporal-'))).toEqual([
        '--temporal-address=cloud:7233',
        '--temporal-namespace=default',
        '--temporal-tls',
        '--temporal-tls-server-name=cloud.example.com',
        '--temporal-api-key-file=/etc/rollcall/temporal/api-key',
        '--registry-temporal-secret=rollcall-temporal',
      ]);
      const pod = operatorOf(other).spec.template.spec;
      expect(pod.volumes).toContainEqual({
        name: 'temporal',
        secret: { secretName: 'cloud', items: [{ key: 'api-key', path: 'api-key' }] },
      });
    });

    test('contains the alerts of deploy/observability', async () => {
      const rule = (await render('ci/replicated-values.yaml')).find(({ kind }) => kind === 'PrometheusRule');
      const rules = await readFile(join(CHART, '../../observability/prometheus-rules.yaml'), 'utf8');
      expect(rule?.['spec']).toEqual(parse(rules));
    });

    test('mounts values of secrets as files and contains none', async () => {
      const text = JSON.stringify(await render('ci/replicated-values.yaml'));
      expect(text).not.toContain('secretKeyRef');
      expect(text).not.toContain('"kind":"Secret"');
    });
  },
);

const programs = await askForPrograms();
const missing = typeof helm === 'string' ? ('missing' in programs ? programs.missing : undefined) : helm.missing;

describe.skipIf(missing !== undefined)(`its objects${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let server: ApiServer;
  beforeAll(async () => {
    if (!('missing' in programs)) server = await ApiServer.start(programs);
    for (const name of ['rollcall', 'team-a', 'team-b']) {
      await apply(server, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  }, 120_000);
  afterAll(() => server.stop());

  test.each(valueFiles)('are accepted by the API server with %s', async (values) => {
    const known = (await render(values)).filter(({ kind }) => !FOREIGN.includes(kind));
    for (const manifest of known) {
      await apply(server, { ...manifest, metadata: { namespace: 'rollcall', ...manifest.metadata } });
    }
    expect(known.map(({ kind }) => kind)).toContain('Service');
  });

  test('keep the workers of the previous version until the next upgrade', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-helm-'));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, server.adminKubeconfig());
    // No controller runs the Jobs of the hooks.
    const shared = ['versions', '.', '--namespace', 'team-b', '--no-hooks', '--kubeconfig', kubeconfig];
    const values = ['--values', 'ci/minimal-values.yaml', '--set', 'operator.enabled=false', '--set'];
    const upgrade = (tag: string) => runHelm('upgrade', '--install', ...shared, ...values, `image.tag=${tag}`);
    const workers = async (): Promise<string[]> => {
      const { items } = await server.do('GET', '/apis/apps/v1/namespaces/team-b/deployments');
      const names = (items as Manifest[]).map(({ metadata }) => metadata.name);
      return names.filter((name) => name.includes('-worker')).toSorted();
    };
    try {
      await upgrade('1.0.0');
      expect(await workers()).toEqual(['versions-rollcall-worker-1-0-0']);
      await upgrade('2.0.0');
      expect(await workers()).toEqual(['versions-rollcall-worker-1-0-0', 'versions-rollcall-worker-2-0-0']);
      await upgrade('3.0.0');
      expect(await workers()).toEqual(['versions-rollcall-worker-2-0-0', 'versions-rollcall-worker-3-0-0']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('the chart has the version of the package', async () => {
  const { version } = JSON.parse(await readFile(join(CHART, '../../../package.json'), 'utf8')) as { version: string };
  expect(await readFile(join(CHART, 'Chart.yaml'), 'utf8')).toContain(`appVersion: ${version}\n`);
});

interface PodOwner extends Manifest {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly automountServiceAccountToken: boolean;
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly env?: readonly { readonly name: string; readonly value: string }[];
        }[];
        readonly volumes: readonly object[];
      };
    };
  };
}

function configurationOf(manifests: readonly Manifest[], name: string): string {
  const configMap = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  return (configMap as Manifest & { data: Record<string, string> }).data['rollcall.yaml'] ?? '';
}

function operatorOf(manifests: readonly Manifest[]): PodOwner {
  return manifests.find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith('-operator'),
  ) as PodOwner;
}

function argumentsOfOperator(manifests: readonly Manifest[]): readonly string[] {
  return operatorOf(manifests).spec.template.spec.containers[0]?.args ?? [];
}

async function render(values: string, ...parameters: readonly string[]): Promise<Manifest[]> {
  return parseAllDocuments(await template(values, ...parameters))
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}
