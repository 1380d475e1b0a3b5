/** `rollcall api` and `rollcall worker` as an operator runs them: processes with a configuration file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { type CommandResult, type RunningCommand, startRollcall } from '../cli/rollcall-process.ts';
import type { TestDatabase } from '../environment.ts';

export interface Installation {
  /** Base URL of the API. */
  readonly url: string;
  /** Writes a file next to the configuration, and returns its path. */
  put(name: string, content: string, mode?: number): Promise<string>;
  /** Starts a command with the configuration, changed by these top-level members. */
  start(parameters: readonly string[], changes: object, environment?: NodeJS.ProcessEnv): Promise<RunningCommand>;
  /** Runs a command that ends by itself. */
  run(parameters: readonly string[], changes: object, environment?: NodeJS.ProcessEnv): Promise<CommandResult>;
  /** Runs a command that talks to the API. */
  runClient(...parameters: readonly string[]): Promise<CommandResult>;
  /** Stops everything that was started. */
  remove(): Promise<void>;
}

/** Without `database` and `temporal`, and with a managed source. */
export async function createInstallation(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-installation-'));
  const [port, internal, worker] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const configuration = {
    sources: [{ name: 'own', managed: {} }],
    auth: { mode: 'anonymous' },
    server: {
      address: `${LOOPBACK}:${port}`,
      internalAddress: `${LOOPBACK}:${internal}`,
      workerInternalAddress: `${LOOPBACK}:${worker}`,
    },
  };
  const started: RunningCommand[] = [];
  let files = 0;
  const start: Installation['start'] = async (parameters, changes, environment = {}) => {
    const file = join(folder, `rollcall-${files++}.yaml`);
    await writeFile(file, JSON.stringify({ ...configuration, ...changes })); // JSON is YAML
    const command = startRollcall(environment, ...parameters, '--config', file);
    started.push(command);
    return command;
  };
  return {
    url: `http://${LOOPBACK}:${port}`,
    put: async (name, content, mode = 0o600) => {
      const file = join(folder, name);
      await writeFile(file, content, { mode });
      return file;
    },
    start,
    run: async (...command) => (await start(...command)).ended,
    runClient: (...parameters) => startRollcall({ ROLLCALL_SERVER: `http://${LOOPBACK}:${port}` }, ...parameters).ended,
    remove: async () => {
      for (const command of started) command.stop();
      await Promise.all(started.map(({ ended }) => ended));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The section `database` for a login of the test's database. */
export function databaseSection({ host, port, user, password, database }: TestDatabase['settings']): object {
  return { host, port, user, password, database, sslMode: 'disable' };
}
