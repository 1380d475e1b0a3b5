/**
 * Builds the Temporal command-line tool with the Go toolchain, which needs nothing but a Go module proxy. `temporal-cli/go.sum`
 * pins the sources: Go refuses a module with any other content.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pickVariables } from '../outbound/child-environment.ts';
import { findOnPath } from './programs.ts';

const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
/** `go.mod` and `go.sum`. If you change the version in them, also change `TEMPORAL_CLI_VERSION`. */
const MODULE = fileURLToPath(new URL('temporal-cli', import.meta.url));
const REMINDER_EVERY_MS = 20_000;
/** Variables by which Go finds its files, its module proxy, and trusted certificates. */
const PASSED_ON = [
  'PATH', 'HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'GOPATH', 'GOCACHE', 'GOMODCACHE', 'GOROOT', 'GOENV',
  'GOTOOLCHAIN', 'GOPROXY', 'GOPRIVATE', 'GONOPROXY', 'GONOSUMDB', 'GOSUMDB', 'GOAUTH', 'NETRC', 'SSL_CERT_FILE',
  'SSL_CERT_DIR', 'http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY',
]; // prettier-ignore

interface BuildOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress: (message: string) => void;
}

/** Builds the tool into `path`. Two builds at once are fine: each has its own folder, and the last one stays. */
export async function buildTemporal(path: string, options: BuildOptions): Promise<string> {
  const go = await findOnPath('go', options.environment);
  if (go === undefined) throw new Error('it was not built: the Go toolchain (`go`) is not on the PATH');
  options.onProgress('Building the Temporal dev server from source with Go: once, about 3 minutes');
  await mkdir(dirname(path), { recursive: true });
  const folder = await mkdtemp(join(dirname(path), 'build-'));
  const started = Date.now();
  const reminder = setInterval(() => options.onProgress(`  still building, ${seconds(started)} s`), REMINDER_EVERY_MS);
  try {
    await cp(MODULE, folder, { recursive: true });
    const environment = {
      ...pickVariables(PASSED_ON, options.environment),
      CGO_ENABLED: '0',
      GOFLAGS: '-mod=readonly',
    };
    const run = (...arguments_: string[]) => runQuietly(go, arguments_, { cwd: folder, env: environment });
    await run('mod', 'download');
    options.onProgress(`  sources downloaded after ${seconds(started)} s, compiling`);
    await run('build', '-trimpath', '-ldflags', '-s -w', '-o', join(folder, 'temporal'), PACKAGE);
    await rename(join(folder, 'temporal'), path);
    options.onProgress(`  built in ${seconds(started)} s; kept in ${dirname(path)}`);
    return path;
  } finally {
    clearInterval(reminder);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a command. Its output is only used if it fails. */
async function runQuietly(
  command: string,
  arguments_: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<void> {
  const child = spawn(command, arguments_, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-2_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0)
    throw new Error(`building it failed (go ${arguments_[0]}): ${output.trim().split('\n').slice(-3).join(' ')}`);
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}
