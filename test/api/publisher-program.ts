/** The official command-line tool for publishing: kept in the cache, first built with the Go toolchain. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../embedded/cache-directory.ts';
import { findOnPath, isExecutable } from '../../embedded/executable.ts';

const VERSION = 'v1.8.0';
const PACKAGE = 'github.com/modelcontextprotocol/registry/cmd/publisher';
export const BUILD_TIMEOUT_MS = 300_000;

/** Why it can't be had on this machine. */
interface NoProgram {
  readonly missing: string;
}

export async function findPublisher(): Promise<string | NoProgram> {
  const directory = join(cacheDirectory(), 'mcp-publisher', VERSION);
  const program = join(directory, 'publisher');
  if (await isExecutable(program)) return program;
  const go = await findOnPath('go');
  if (go === undefined) return { missing: 'there is no Go toolchain (`go`) to build mcp-publisher with' };
  try {
    await promisify(execFile)(go, ['install', `${PACKAGE}@${VERSION}`], {
      env: { ...process.env, CGO_ENABLED: '0', GOBIN: directory },
      timeout: BUILD_TIMEOUT_MS,
    });
    return program;
  } catch (error) {
    return { missing: `mcp-publisher could not be built with Go: ${(error as Error).message}` };
  }
}
