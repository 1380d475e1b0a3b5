/** Registry clients and tools written in Go: cached, and built the first time with the Go toolchain. */
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, findOnPath, isExecutable } from '../embedded/programs.ts';

export interface GoProgram {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly buildTimeoutMs: number;
  /** Takes so long to build that this environment variable must be set. Default: always built. */
  readonly builtIf?: string;
}

/** The official command-line tool for publishing. */
export const MCP_PUBLISHER: GoProgram = {
  name: 'mcp-publisher',
  package: 'github.com/modelcontextprotocol/registry/cmd/publisher',
  version: 'v1.8.0',
  buildTimeoutMs: 300_000,
};

/** ToolHive's own command-line tool: five minutes to build, with a download of its modules. */
export const THV: GoProgram = {
  name: 'thv',
  package: 'github.com/stacklok/toolhive/cmd/thv',
  version: 'v0.47.0',
  buildTimeoutMs: 1_800_000,
  builtIf: 'ROLLCALL_TEST_BUILD_THV',
};

export const HELM: GoProgram = {
  name: 'helm',
  package: 'helm.sh/helm/v3/cmd/helm',
  version: 'v3.18.6',
  buildTimeoutMs: 900_000,
};

/** Checks Kubernetes manifests against JSON Schemas. Later versions need Go 1.26. */
export const KUBECONFORM: GoProgram = {
  name: 'kubeconform',
  package: 'github.com/yannh/kubeconform/cmd/kubeconform',
  version: 'v0.7.0',
  buildTimeoutMs: 300_000,
};

/** Checks GitHub Actions workflows. */
export const ACTIONLINT: GoProgram = {
  name: 'actionlint',
  package: 'github.com/rhysd/actionlint/cmd/actionlint',
  version: 'v1.7.7',
  buildTimeoutMs: 300_000,
};

/** The reason why the program isn't available on this machine. */
interface NoProgram {
  readonly missing: string;
}

export async function findGoProgram(wanted: GoProgram): Promise<string | NoProgram> {
  const { name, version, buildTimeoutMs, builtIf } = wanted;
  const directory = join(cacheDirectory(), name, version);
  const program = join(directory, basename(wanted.package));
  if (await isExecutable(program)) return program;
  if (builtIf !== undefined && process.env[builtIf] === undefined) {
    return { missing: `there is no ${program}, and ${builtIf} is not set to build it` };
  }
  const go = await findOnPath('go');
  if (go === undefined) return { missing: `there is no Go toolchain (\`go\`) to build ${name} with` };
  try {
    await promisify(execFile)(go, ['install', `${wanted.package}@${version}`], {
      env: { ...process.env, CGO_ENABLED: '0', GOBIN: directory },
      timeout: buildTimeoutMs,
    });
    return program;
  } catch (error) {
    return { missing: `${name} could not be built with Go: ${(error as Error).message}` };
  }
}
