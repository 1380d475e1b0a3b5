/** A home folder for ToolHive's command-line tool, with something that looks like a container runtime. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';
import { findFreePort } from '../../embedded/free-port.ts';
import { findGoProgram, THV } from '../go-program.ts';

/** Runs a command and returns its output. Errors quote the whole output. */
export type Thv = (...command: readonly string[]) => Promise<string>;

export interface ThvHome {
  readonly folder: string;
  /** Skips the test without the program. */
  readonly find: (context: TestContext, environment?: Record<string, string>) => Promise<Thv>;
  /** Starts `thv serve`, which commands about skills and plugins need. Returns its URL. */
  readonly serve: (context: TestContext, environment?: Record<string, string>) => Promise<string>;
  readonly end: () => Promise<void>;
}

export async function startThvHome(): Promise<ThvHome> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-thv-'));
  const socket = join(folder, 'docker.sock');
  // It requires a confirmation of consent before it changes its configuration.
  const runtime = createServer((_, response) => response.setHeader('Api-Version', '1.44').end('OK'));
  await new Promise<void>((resolve) => runtime.listen(socket, resolve));
  const endings: (() => Promise<unknown>)[] = [];
  const programOf = async (context: TestContext): Promise<string> => {
    const program = await findGoProgram(THV);
    return typeof program === 'string' ? program : context.skip(program.missing);
  };
  const variables = (environment: Record<string, string>): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    HOME: folder,
    TOOLHIVE_DOCKER_SOCKET: socket,
    TOOLHIVE_SKIP_UPDATE_CHECK: 'true',
    ...environment,
  });
  return {
    folder,
    find: async (context, environment = {}) => {
      const program = await programOf(context);
      return async (...command) => {
        const options = { env: variables(environment), cwd: folder, maxBuffer: 64 * 1024 * 1024 };
        return (await promisify(execFile)(program, command, options)).stdout;
      };
    },
    serve: async (context, environment = {}) => {
      const program = await programOf(context);
      const url = await startServing(program, { env: variables(environment), cwd: folder }, endings);
      return url;
    },
    end: async () => {
      for (const end of endings) await end();
      runtime.closeAllConnections();
      runtime.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A large program, on a machine that may be busy. */
const START_TIMEOUT_MS = 120_000;

async function startServing(
  program: string,
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
  endings: (() => Promise<unknown>)[],
): Promise<string> {
  const port = await findFreePort();
  const server = spawn(program, ['serve', '--port', String(port)], { ...options, stdio: 'ignore' });
  endings.push(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const response = await fetch(`${url}/api/v1beta/version`).catch(() => null);
    await response?.body?.cancel();
    if (response?.status === 200) return url;
    if (server.exitCode !== null) throw new Error(`thv serve ended with ${server.exitCode}`);
    if (Date.now() > deadline) throw new Error('thv serve did not answer');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
