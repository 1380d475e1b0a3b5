/** A pod of a registry, run as a process: its command, environment, and mounted ConfigMaps and Secrets. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { type JsonObject, memberOf, objectsOf, textOf } from '../../registry/json.ts';
import { type RunningCommand, startRollcall } from '../cli/rollcall-process.ts';
import type { OperatorCluster } from './operator-cluster.ts';

export interface PodProcess {
  readonly url: string;
  /** The folder that stands for `/`. */
  readonly root: string;
  stop(): Promise<void>;
}

/** Starts the pod of a Deployment, and waits until it serves. Files are below a folder, and ports are free ones. */
export async function startPod(cluster: OperatorCluster, namespace: string, registry: string): Promise<PodProcess> {
  const root = await mkdtemp(join(tmpdir(), 'rollcall-pod-'));
  const deployment = await cluster.get('Deployment', namespace, `${registry}-api`);
  const pod = memberOf(memberOf(memberOf(deployment, 'spec'), 'template'), 'spec');
  const [container] = objectsOf(pod['containers']);
  for (const mount of objectsOf(container?.['volumeMounts']))
    await mountBelow(root, { cluster, namespace, pod, mount });
  const token = await cluster.accountToken(namespace, `${registry}-registry-api`);
  await writeFile(cluster.server.file(`${registry}-token`), token);
  await writeFile(join(root, 'kubeconfig'), cluster.kubeconfigFor(`${registry}-token`, namespace));
  const address = `${LOOPBACK}:${await findFreePort()}`;
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
  const command: RunningCommand = startRollcall(
    { ...Object.fromEntries(environment), KUBECONFIG: join(root, 'kubeconfig') },
    ...parameters,
  );
  await command.printed(/is running/);
  return {
    url: `http://${address}`,
    root,
    stop: async () => {
      command.stop();
      await command.ended;
      await rm(root, { recursive: true, force: true });
    },
  };
}

interface Mount {
  readonly cluster: OperatorCluster;
  readonly namespace: string;
  readonly pod: JsonObject;
  readonly mount: JsonObject;
}

/** The init container of the pod copies the password file from its Secret to an empty volume. */
async function mountBelow(root: string, { cluster, namespace, pod, mount }: Mount): Promise<void> {
  const volume = objectsOf(pod['volumes']).find(
    ({ name }) => name === (mount['name'] === 'pgpass' ? 'pgpass-secret' : mount['name']),
  );
  const path = join(root, String(mount['mountPath']));
  const configMap = textOf(memberOf(volume, 'configMap')['name']);
  const secret = textOf(memberOf(volume, 'secret')['secretName']);
  const files = {
    ...(configMap !== undefined && memberOf(await cluster.get('ConfigMap', namespace, configMap), 'data')),
    ...(secret !== undefined && decoded(memberOf(await cluster.get('Secret', namespace, secret), 'data'))),
  };
  const subPath = textOf(mount['subPath']);
  for (const [key, text] of Object.entries(files)) {
    if (subPath !== undefined && key !== subPath) continue;
    const file = subPath === undefined ? join(path, key) : path;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, String(text), { mode: 0o600 });
  }
}

function decoded(data: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(String(text), 'base64').toString()]),
  );
}
