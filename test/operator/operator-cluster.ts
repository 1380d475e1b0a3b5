/** An API server with the definitions and roles of deploy/operator, and an operator that may do what those grant. */
import { readFile, writeFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { parseAllDocuments } from 'yaml';
import { LOOPBACK } from '../../embedded/free-port.ts';
import { registryTemporal } from '../../operator/temporal-access.ts';
import { type JsonObject, memberOf, objectsOf } from '../../registry/json.ts';
import type { TemporalServer } from '../../temporal/connect.ts';
import { runOperator } from '../../worker/operator/run-operator.ts';
import { createTestNamespace, type TestNamespace } from '../temporal-namespace.ts';
import { ApiServer, type Answer } from '../kubernetes/api-server.ts';
import type { ApiServerPrograms } from '../kubernetes/api-server-programs.ts';
import { apply, type Manifest, pathOf } from '../kubernetes/manifests.ts';
import type { TemporalWithTls } from './temporal-with-tls.ts';

export const IMAGE = 'registry.example.com/rollcall:test';
const DEPLOY = new URL('../../deploy/operator/', import.meta.url);

export async function readDeployed(name: string): Promise<Manifest[]> {
  return parse(await readFile(new URL(name, DEPLOY), 'utf8'));
}

export function parse(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** The Secret in which registries expect credentials for Temporal. */
export const TEMPORAL_SECRET = 'rollcall-temporal';

function settingsOf({ address, serverName, files }: TemporalWithTls): Omit<TemporalServer, 'namespace' | 'taskQueue'> {
  const tls = { serverName, caFile: files['ca.crt'], certificateFile: files['tls.crt'], keyFile: files['tls.key'] };
  return { address, tls, apiKey: { file: files['api-key'] } };
}

export interface RunningOperator {
  stop(): Promise<void>;
}

export class OperatorCluster {
  readonly server: ApiServer;
  readonly temporal: TestNamespace;
  readonly client: Client;

  private constructor(server: ApiServer, temporal: TestNamespace, client: Client) {
    this.server = server;
    this.temporal = temporal;
    this.client = client;
  }

  static async start(programs: ApiServerPrograms, roles = 'cluster-role.yaml'): Promise<OperatorCluster> {
    const [server, temporal] = await Promise.all([ApiServer.start(programs), createTestNamespace()]);
    const connection = await Connection.connect({ address: temporal.address });
    const cluster = new OperatorCluster(
      server,
      temporal,
      new Client({ connection, namespace: temporal.namespace, workflow: { queryRejectCondition: 'NOT_OPEN' } }),
    );
    for (const name of ['operator.yaml', 'crds.yaml', ...(roles === 'cluster-role.yaml' ? [roles] : [])]) {
      for (const manifest of await readDeployed(name)) await apply(server, manifest);
    }
    await cluster.eventually(async () => {
      const paths = ['toolhive.stacklok.dev/v1beta1/mcpregistries', 'rollcall.dev/v1beta1/rollcallregistries'];
      const answers = await Promise.all(paths.map((path) => server.ask('GET', `/apis/${path}`)));
      return answers.every(({ status }) => status === 200);
    }, 'the definitions are served');
    await cluster.#writeKubeconfig();
    return cluster;
  }

  async #writeKubeconfig(): Promise<void> {
    await writeFile(
      this.server.file('operator-token'),
      await this.accountToken('rollcall-system', 'rollcall-operator'),
    );
    await writeFile(this.kubeconfig, this.kubeconfigFor('operator-token', 'rollcall-system'));
  }

  get kubeconfig(): string {
    return this.server.file('operator-kubeconfig.json');
  }

  kubeconfigFor(tokenFile: string, namespace: string): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'account', namespace } }],
      clusters: [
        {
          name: 'test',
          cluster: {
            server: `https://${LOOPBACK}:${this.server.proxy.port}`,
            'certificate-authority': this.server.certificate,
          },
        },
      ],
      users: [{ name: 'account', user: { tokenFile: this.server.file(tokenFile) } }],
    });
  }

  async accountToken(namespace: string, account: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const answer = await this.server.do('POST', path, { json: { spec: { expirationSeconds: 3600 } } });
    return String(memberOf(answer, 'status')['token']);
  }

  /** Starts an operator and waits until it watches. */
  async startOperator(
    options: { namespaces?: readonly string[]; managesAll?: boolean; temporal?: TemporalWithTls } = {},
  ): Promise<RunningOperator> {
    const stopping = new AbortController();
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const server: Omit<TemporalServer, 'taskQueue'> =
      options.temporal === undefined ? this.temporal : { ...this.temporal, ...settingsOf(options.temporal) };
    const ended = runOperator({
      server,
      access: { kubeconfig: this.kubeconfig },
      namespaces: options.namespaces ?? [],
      managesAll: options.managesAll ?? true,
      defaults: {
        image: IMAGE,
        temporal: registryTemporal(server, { address: server.address, secret: TEMPORAL_SECRET }),
      },
      internalAddress: `${LOOPBACK}:0`,
      logger: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
      signal: stopping.signal,
      onReady: () => resolve(),
    });
    await Promise.race([ready, ended]);
    return {
      stop: async () => {
        stopping.abort();
        await ended;
      },
    };
  }

  async createNamespace(name: string): Promise<string> {
    await this.server.do('POST', '/api/v1/namespaces', {
      json: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    });
    return name;
  }

  /** Applies manifests like `kubectl apply`. An answer other than success is a fault of the test. */
  async apply(...manifests: readonly Manifest[]): Promise<void> {
    for (const manifest of manifests) await apply(this.server, manifest);
  }

  async get(kind: string, namespace: string, name: string): Promise<JsonObject | null> {
    const apiVersion = API_VERSIONS[kind] ?? 'v1';
    const { status, body } = await this.server.ask('GET', pathOf({ apiVersion, kind, metadata: { name, namespace } }));
    return status === 200 ? body : null;
  }

  async delete(kind: string, namespace: string, name: string): Promise<Answer> {
    const apiVersion = API_VERSIONS[kind] ?? 'v1';
    return await this.server.ask('DELETE', pathOf({ apiVersion, kind, metadata: { name, namespace } }));
  }

  async statusOf(namespace: string, name: string): Promise<JsonObject> {
    return memberOf(await this.get('MCPRegistry', namespace, name), 'status');
  }

  /** Waits for a phase, and answers with the status. */
  async phase(namespace: string, name: string, phase: string): Promise<JsonObject> {
    let status: JsonObject = {};
    await this.eventually(
      async () => {
        status = await this.statusOf(namespace, name);
        return status['phase'] === phase;
      },
      () => `the phase of ${namespace}/${name} is ${phase}: ${JSON.stringify(status)}`,
      // The operator looks at failing sources every 30 seconds.
      80_000,
    );
    return status;
  }

  /** Plays the part of the Deployment controller: the pods of a registry are ready, or not. */
  async setReady(namespace: string, name: string, readyReplicas = 1): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}-api/status`;
    await this.server.do('PATCH', path, {
      json: { status: { replicas: readyReplicas, readyReplicas, availableReplicas: readyReplicas } },
      type: 'application/merge-patch+json',
    });
  }

  async eventsOf(namespace: string, name: string): Promise<{ reason: unknown; note: unknown; type: unknown }[]> {
    const { body } = await this.server.ask('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
    return objectsOf(body['items'])
      .filter((event) => memberOf(event, 'regarding')['name'] === name)
      .map(({ reason, note, type }) => ({ reason, note, type }));
  }

  async eventually(isTrue: () => Promise<boolean>, what: string | (() => string), withinMs = 30_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!(await isTrue())) {
      if (Date.now() > deadline) throw new Error(`It never happened that ${typeof what === 'string' ? what : what()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    await this.client.connection.close();
    await this.server.stop();
  }
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  MCPRegistry: 'toolhive.stacklok.dev/v1beta1',
  Deployment: 'apps/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
};

/** A condition of a status. */
export function condition(status: JsonObject, type: string): JsonObject | undefined {
  return objectsOf(status['conditions']).find((one) => one['type'] === type);
}
