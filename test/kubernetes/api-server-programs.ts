/** The programs of a real API server: installed, cached, or built into the cache. */
import { join } from 'node:path';
import { cacheDirectory, findOnPath, isExecutable } from '../../embedded/programs.ts';
import { buildApiServer, KUBERNETES_VERSION } from './api-server-build.ts';

export interface ApiServerPrograms {
  readonly etcd: string;
  readonly kubeApiserver: string;
}

/** The reason why there is no API server to test with. */
export interface NoApiServer {
  readonly missing: string;
}

/**
 * Looks in `KUBEBUILDER_ASSETS`, on the PATH, and in the cache; otherwise builds both, once.
 * @returns the reason, if there is none and it can't be built
 */
export async function findApiServerPrograms(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ApiServerPrograms | NoApiServer> {
  const cache = join(cacheDirectory(environment), 'kubernetes', KUBERNETES_VERSION);
  const found =
    (await programsIn(environment['KUBEBUILDER_ASSETS'])) ??
    (await programsOnPath(environment)) ??
    (await programsIn(cache));
  if (found !== null) return found;
  if ((await findOnPath('go', environment)) === undefined) {
    return {
      missing:
        'no kube-apiserver and etcd in KUBEBUILDER_ASSETS or on the PATH, and no Go toolchain to build them with',
    };
  }
  try {
    // The tests that wait for it can't say so themselves.
    process.stderr.write(
      `Building kube-apiserver ${KUBERNETES_VERSION} with Go for the tests: once, about 5 minutes\n`,
    );
    await buildApiServer(cache);
    return programsAt(cache);
  } catch (error) {
    return { missing: `kube-apiserver and etcd could not be built: ${(error as Error).message}` };
  }
}

async function programsIn(folder: string | undefined): Promise<ApiServerPrograms | null> {
  if (folder === undefined || folder === '') return null;
  const programs = programsAt(folder);
  const there = await Promise.all(Object.values(programs).map(isExecutable));
  return there.every(Boolean) ? programs : null;
}

async function programsOnPath(environment: NodeJS.ProcessEnv): Promise<ApiServerPrograms | null> {
  const etcd = await findOnPath('etcd', environment);
  const kubeApiserver = await findOnPath('kube-apiserver', environment);
  return etcd === undefined || kubeApiserver === undefined ? null : { etcd, kubeApiserver };
}

function programsAt(folder: string): ApiServerPrograms {
  return { etcd: join(folder, 'etcd'), kubeApiserver: join(folder, 'kube-apiserver') };
}
