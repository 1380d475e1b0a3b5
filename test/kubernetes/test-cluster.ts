/** An API server with Rollcall's account, which has the permissions in the manifests of deploy/kubernetes. */
import { writeFile } from 'node:fs/promises';
import { LOOPBACK } from '../../embedded/free-port.ts';
import type { KubernetesResource } from '../../registry/kubernetes/object.ts';
import { ApiServer } from './api-server.ts';
import type { ApiServerPrograms } from './api-server-programs.ts';
import { objectsPath, typeOf } from './custom-resources.ts';
import { applyAll } from './manifests.ts';

const MCP_SERVERS = 'mcpservers.toolhive.stacklok.dev';

export interface TestObject {
  readonly resource?: KubernetesResource;
  readonly namespace: string;
  readonly name: string;
  /** Without the prefix `toolhive.stacklok.dev/`. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: object;
  readonly status?: object;
}

const SPECS: Readonly<Record<KubernetesResource, object>> = {
  'mcpservers.toolhive.stacklok.dev': { image: 'ghcr.io/acme/weather:1.2.3', transport: 'streamable-http' },
  'mcpremoteproxies.toolhive.stacklok.dev': { remoteUrl: 'https://remote.example.com/mcp' },
  'virtualmcpservers.toolhive.stacklok.dev': { groupRef: { name: 'all' }, incomingAuth: { type: 'anonymous' } },
  'mcpservers.mcp.x-k8s.io': {
    source: { type: 'ContainerImage', containerImage: { ref: 'ghcr.io/acme/clock:2.0.0' } },
  },
};

export class TestCluster {
  readonly server: ApiServer;

  private constructor(server: ApiServer) {
    this.server = server;
  }

  static async start(programs: ApiServerPrograms): Promise<TestCluster> {
    const cluster = new TestCluster(await ApiServer.start(programs));
    await applyAll(cluster.server, 'account.yaml');
    await cluster.writeKubeconfig();
    return cluster;
  }

  /** The kubeconfig of Rollcall's account, with the token in its own file, as in a pod. */
  get kubeconfig(): string {
    return this.server.file('kubeconfig.json');
  }

  async writeKubeconfig(): Promise<void> {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'rollcall', namespace: 'rollcall' } }],
      clusters: [
        {
          name: 'test',
          cluster: {
            server: `https://${LOOPBACK}:${this.server.proxy.port}`,
            'certificate-authority': this.server.certificate,
          },
        },
      ],
      users: [{ name: 'rollcall', user: { tokenFile: this.server.file('token') } }],
    };
    await this.renewToken();
    await writeFile(this.kubeconfig, JSON.stringify(config));
  }

  async renewToken(): Promise<void> {
    const path = '/api/v1/namespaces/rollcall/serviceaccounts/rollcall/token';
    const { status } = (await this.server.do('POST', path, { json: { spec: { expirationSeconds: 3600 } } })) as {
      status: { token: string };
    };
    await writeFile(this.server.file('token'), status.token);
  }

  /** No token issued so far is accepted any longer, as if it had expired. */
  async invalidateTokens(): Promise<void> {
    await this.server.do('DELETE', '/api/v1/namespaces/rollcall/serviceaccounts/rollcall');
    await applyAll(this.server, 'account.yaml');
  }

  async createNamespaces(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.server.do('POST', '/api/v1/namespaces', {
        json: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      });
    }
  }

  /** Creates or changes an object, like its owner, and then its status, like an operator. */
  async put(object: TestObject): Promise<void> {
    const { resource = MCP_SERVERS, namespace, name, annotations = {}, labels = {}, spec = SPECS[resource] } = object;
    const prefixed = Object.entries(annotations).map(([key, value]) => [`toolhive.stacklok.dev/${key}`, value]);
    const path = `${objectsPath(resource, namespace)}/${name}`;
    await this.server.do('PATCH', `${path}?fieldManager=test&force=true`, {
      json: {
        ...typeOf(resource),
        metadata: { name, namespace, labels, annotations: Object.fromEntries(prefixed) },
        spec,
      },
      type: 'application/apply-patch+yaml',
    });
    if (object.status !== undefined) await this.putStatus(object, object.status);
  }

  async putStatus({ resource = MCP_SERVERS, namespace, name }: TestObject, status: object): Promise<void> {
    const path = `${objectsPath(resource, namespace)}/${name}/status`;
    await this.server.do('PATCH', path, { json: { status }, type: 'application/merge-patch+json' });
  }

  async delete({ resource = MCP_SERVERS, namespace, name }: TestObject): Promise<void> {
    await this.server.do('DELETE', `${objectsPath(resource, namespace)}/${name}`);
  }

  async putConfigMap(name: string, data: Readonly<Record<string, string>>): Promise<void> {
    await this.server.do('PATCH', `/api/v1/namespaces/rollcall/configmaps/${name}?fieldManager=test&force=true`, {
      json: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'rollcall' }, data },
      type: 'application/apply-patch+yaml',
    });
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}

/** An object that its owner exports, with everything required for that. */
export function exported(
  namespace: string,
  name: string,
  annotations: Readonly<Record<string, string>> = {},
): TestObject {
  return {
    namespace,
    name,
    annotations: {
      'registry-export': 'true',
      'registry-url': `https://mcp.example.com/${namespace}/${name}`,
      'registry-description': `What ${name} does`,
      ...annotations,
    },
  };
}
