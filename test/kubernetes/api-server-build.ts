/** Builds the programs of a cluster with the Go toolchain: a real API server needs only a Go module proxy. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The staging modules `k8s.io/*` of Kubernetes v1.N.M are released as v0.N.M. */
export const KUBERNETES_VERSION = 'v1.35.4';
const STAGING_VERSION = KUBERNETES_VERSION.replace(/^v1/, 'v0');
const [, MAJOR, MINOR] = /^v(\d+)\.(\d+)/.exec(KUBERNETES_VERSION) ?? [];
const ETCD_VERSION = 'v3.6.5';
const KWOK_VERSION = 'v0.7.0';

/** Kubernetes replaces these with folders of its own repository, which a dependency doesn't have. */
const STAGING_MODULES =
  `api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap
  code-generator component-base component-helpers controller-manager cri-api cri-client csi-translation-lib
  dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy
  kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver sample-cli-plugin
  sample-controller`.split(/\s+/);

const LINKER_FLAGS = [
  '-s -w',
  `-X k8s.io/component-base/version.gitVersion=${KUBERNETES_VERSION}`,
  `-X k8s.io/component-base/version.gitMajor=${MAJOR}`,
  `-X k8s.io/component-base/version.gitMinor=${MINOR}`,
].join(' ');

/**
 * Builds both programs into `directory`: about 5 minutes on two cores, 1.8 GB of memory, and 3 GB of Go's caches. Each build has
 * its own folder, so that two at once don't interfere, and a failed one leaves nothing behind.
 * @throws Error with the last lines of Go's output
 */
export async function buildApiServer(directory: string): Promise<void> {
  await build(directory, kubernetesModule(), [
    { program: 'etcd', path: 'go.etcd.io/etcd/server/v3', version: ETCD_VERSION },
    { program: 'kube-apiserver', path: 'k8s.io/kubernetes/cmd/kube-apiserver', version: KUBERNETES_VERSION },
  ]);
}

/**
 * Builds what makes Deployments ready on an API server without nodes: kube-controller-manager, and kwok, which plays the
 * kubelet. About 5 minutes more.
 *
 * @throws Error with the last lines of what Go said
 */
export async function buildControllers(directory: string): Promise<void> {
  const name = 'kube-controller-manager';
  await build(directory, kubernetesModule(), [
    { program: name, path: `k8s.io/kubernetes/cmd/${name}`, version: KUBERNETES_VERSION },
  ]);
  await build(directory, MODULE, [{ program: 'kwok', path: 'sigs.k8s.io/kwok/cmd/kwok', version: KWOK_VERSION }]);
}

interface Tool {
  readonly program: string;
  readonly path: string;
  readonly version: string;
}

async function build(directory: string, module: readonly string[], tools: readonly Tool[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  const folder = await mkdtemp(join(directory, 'build-'));
  try {
    await writeFile(join(folder, 'go.mod'), module.join('\n'));
    const go = (...arguments_: string[]) => runGo(folder, arguments_);
    for (const { path, version } of tools) await go('get', '-tool', `${path}@${version}`);
    for (const { program, path } of tools) {
      await go('build', '-trimpath', '-ldflags', LINKER_FLAGS, '-o', join(folder, program), path);
      await rename(join(folder, program), join(directory, program));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The checksums of hundreds of modules come from Go's checksum database instead of being committed. */
const MODULE = ['module rollcall.invalid/api-server', 'go 1.25.0'];

function kubernetesModule(): string[] {
  const replacements = STAGING_MODULES.map((name) => `replace k8s.io/${name} => k8s.io/${name} ${STAGING_VERSION}`);
  return [...MODULE, `require k8s.io/kubernetes ${KUBERNETES_VERSION}`, ...replacements];
}

/** Go uses all processors, so give others on the machine precedence. */
async function runGo(folder: string, arguments_: readonly string[]): Promise<void> {
  const environment = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' };
  await promisify(execFile)('nice', ['-n', '15', 'go', ...arguments_], {
    cwd: folder,
    env: environment,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: Error & { stderr?: string }) => {
    const said = (error.stderr ?? '').trim().split('\n').slice(-5).join('\n');
    throw new Error(`\`go ${arguments_[0]}\` failed: ${said || error.message}`, { cause: error });
  });
}
