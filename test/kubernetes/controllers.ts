/**
 * Controllers that make Deployments ready, and delete objects that have lost their owner, on an API server without
 * nodes.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, findOnPath, isExecutable } from '../../embedded/programs.ts';
import { type GuardedProcess, startGuarded } from '../../embedded/guarded-process.ts';
import { memberOf, objectsOf } from '../../registry/json.ts';
import type { ApiServer } from './api-server.ts';
import { KUBERNETES_VERSION } from './api-server-build.ts';

export interface ControllerPrograms {
  readonly manager: string;
  readonly kwok: string;
}

/** Looks in `KUBEBUILDER_ASSETS`, in the cache, and on the PATH. They aren't built by tests: that takes minutes. */
export async function findControllers(): Promise<ControllerPrograms | { readonly missing: string }> {
  const folders = [process.env['KUBEBUILDER_ASSETS'] ?? '', cacheOfPrograms()].filter((folder) => folder !== '');
  const find = async (program: string): Promise<string | undefined> => {
    for (const folder of folders) if (await isExecutable(join(folder, program))) return join(folder, program);
    return await findOnPath(program, process.env);
  };
  const [manager, kwok] = [await find('kube-controller-manager'), await find('kwok')];
  if (manager !== undefined && kwok !== undefined) return { manager, kwok };
  return { missing: 'kube-controller-manager and kwok: build them with `node test/kubernetes/build-controllers.ts`' };
}

export function cacheOfPrograms(): string {
  return join(cacheDirectory(process.env), 'kubernetes', KUBERNETES_VERSION);
}

export interface Controllers {
  /** Puts pods that have no node on one: there is no scheduler. */
  schedule(): Promise<void>;
  stop(): Promise<void>;
}

const NODE = 'node';
const CONTROLLERS = 'deployment-controller,replicaset-controller,garbage-collector-controller,resourcequota-controller';

export async function startControllers(server: ApiServer, { manager, kwok }: ControllerPrograms): Promise<Controllers> {
  const kubeconfig = server.file('admin-kubeconfig.json');
  await writeFile(kubeconfig, server.adminKubeconfig());
  const capacity = { cpu: '100', memory: '1Ti', pods: '1000' };
  await server.do('POST', '/api/v1/nodes', {
    json: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: NODE, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
      status: { capacity, allocatable: capacity },
    },
  });
  const start = (name: string, command: string, ...parameters: string[]): Promise<GuardedProcess> =>
    startGuarded({
      command,
      arguments: [`--kubeconfig=${kubeconfig}`, ...parameters],
      environment: {},
      stopSignal: 'TERM',
      logFile: server.file(`${name}.log`),
      pidFile: server.file(`${name}.pid`),
    });
  const processes = [
    await start('manager', manager, '--leader-elect=false', '--secure-port=0', `--controllers=${CONTROLLERS}`),
    await start('kwok', kwok, '--manage-all-nodes=true'),
  ];
  return {
    schedule: async () => {
      const { items } = await server.do('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3D');
      for (const pod of objectsOf(items)) {
        const { namespace, name } = memberOf(pod, 'metadata');
        const path = `/api/v1/namespaces/${String(namespace)}/pods/${String(name)}/binding`;
        const target = { apiVersion: 'v1', kind: 'Node', name: NODE };
        await server.ask('POST', path, { json: { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target } });
      }
    },
    stop: async () => {
      for (const one of processes) process.kill(one.pid, 'SIGKILL');
      await Promise.all(processes.map((one) => one.ended));
    },
  };
}
