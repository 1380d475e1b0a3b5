/** Settings for the access to a cluster. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { RollcallError } from '../registry/failure.ts';
import { isJsonObject, memberOf, objectsOf, textOf } from '../registry/json.ts';

export type ClusterAccess = {
  /** Path of the kubeconfig. Default: the one that kubectl would use, or the service account in a pod. */
  readonly kubeconfig?: string;
  /** Default: the current context of the kubeconfig. */
  readonly context?: string;
};

/**
 * The kubeconfig with its context selected. Without a name, the one that kubectl would use, or the service account in a pod.
 * @throws RollcallError `DefinitionInvalid` if there is no such file, context, or cluster
 */
export function loadKubeconfig({ kubeconfig, context }: ClusterAccess): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    for (const path of kubeconfig === undefined ? defaultFiles() : [kubeconfig]) useTokenFiles(config, path);
  } catch (error) {
    throw notUsable(kubeconfig, (error as Error).message, error);
  }
  if (context !== undefined) config.setCurrentContext(context);
  const current = config.getCurrentContext();
  if (config.getContextObject(current) === null) {
    throw notUsable(kubeconfig, current === undefined ? 'it has no current context' : `it has no context ${current}`);
  }
  if (config.getCurrentCluster() === null) throw notUsable(kubeconfig, `it has no cluster for the context ${current}`);
  return config;
}

function defaultFiles(): string[] {
  const named = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return named.length > 0 ? named : [join(homedir(), '.kube', 'config')].filter((path) => existsSync(path));
}

/** The library supports `tokenFile` only in pods. In a kubeconfig it expects another name and reads the file only once. */
function useTokenFiles(config: KubeConfig, path: string): void {
  const content: unknown = parse(readFileSync(path, 'utf8'));
  for (const named of isJsonObject(content) ? objectsOf(content['users']) : []) {
    const tokenFile = textOf(memberOf(named, 'user')['tokenFile']);
    const user = config.users.find(({ name }) => name === named['name']);
    if (tokenFile === undefined || user === undefined) continue;
    Object.assign(user, {
      authProvider: { name: 'tokenFile', config: { tokenFile: resolve(dirname(path), tokenFile) } },
    });
  }
}

function notUsable(kubeconfig: string | undefined, reason: string, cause?: unknown): RollcallError {
  const which = kubeconfig ?? 'that kubectl would use';
  return new RollcallError('DefinitionInvalid', `the kubeconfig ${which} can't be used: ${reason}`, { cause });
}
