/** The test's own `rollcall serve` with a copy of the example, and commands against it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { type CommandResult, runRollcall, spawnRollcall } from './rollcall-process.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/embedded', import.meta.url));

export interface Installation {
  readonly folder: string;
  readonly dataFolder: string;
  readonly configuration: string;
  readonly url: string;
  /** The options that make `serve` use the ports of this installation. */
  readonly portOptions: readonly string[];
  /** Runs a command against its server. */
  ask(...parameters: string[]): Promise<CommandResult>;
  remove(): Promise<void>;
}

/** A folder with the example's files, without its git source, plus the given sources. */
export async function createInstallation(moreSources: string): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-serve-'));
  await chmod(folder, 0o711); // If root runs this, PostgreSQL runs as another user.
  await cp(EXAMPLE, folder, { recursive: true });
  const configuration = join(folder, 'rollcall.yaml');
  const example = await readFile(configuration, 'utf8');
  const withoutGit = example
    .replace(/ {2}# A git repository[\s\S]*?\n\n/, `${moreSources}\n`)
    .replace(', platform-catalog', '');
  await writeFile(configuration, withoutGit);
  const [api, internal, worker, temporal, ui] = await findFreePorts(5);
  const url = `http://${LOOPBACK}:${api}`;
  return {
    folder,
    dataFolder: join(folder, 'data'),
    configuration,
    url,
    portOptions: [
      `--address=${LOOPBACK}:${api}`,
      `--internal-address=${LOOPBACK}:${internal}`,
      `--worker-internal-address=${LOOPBACK}:${worker}`,
      `--temporal-port=${temporal}`,
      `--ui-port=${ui}`,
    ],
    ask: (command, ...parameters) => runRollcall(command ?? '', ...parameters, '--server', url),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await findFreePort());
  return [...ports];
}

export interface ServeProcess {
  readonly output: () => string;
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
}

/** Starts `serve` like a terminal, as leader of a process group, and waits for its banner, or for `words`. */
export async function startServe(installation: Installation, words = 'is running'): Promise<ServeProcess> {
  const { configuration, dataFolder, portOptions } = installation;
  const parameters = ['serve', '--config', configuration, '--data-dir', dataFolder, ...portOptions];
  const env = { ...process.env, THV_REGISTRY_LOG_FORMAT: 'text' };
  const child = spawnRollcall(parameters, { detached: true, env });
  let output = '';
  const exited = once(child, 'exit').then(([status]) => status as number | null);
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes(words)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then((status) => reject(new Error(`serve ended with ${status}:\n${output}`)));
  });
  return { output: () => output, process: child, exited };
}

/** Ctrl-C in a terminal. */
export function pressControlC(serve: ServeProcess): void {
  process.kill(-(serve.process.pid ?? 0), 'SIGINT');
}
