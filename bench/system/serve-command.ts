/** Runs `serve` in a child process that ends with this process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../../embedded/free-port.ts';

export interface ServeCommand {
  readonly processId: number;
  /** Base URL of the public API: `http://host:port`. */
  readonly origin: string;
  /** Seconds from the command to the output line that starts with `line`; undefined if there is none. */
  secondsTo(line: string): number | undefined;
  /**
   * Waits until the path answers with a 2xx status and a body that satisfies the condition.
   *
   * @throws Error with the command's output if it exits or doesn't answer within two minutes
   */
  untilAnswered(path: string, satisfies?: (body: string) => boolean): Promise<void>;
  stop(): Promise<void>;
}

const COMMAND = new URL('../../bin/rollcall.mjs', import.meta.url).pathname;
const DEADLINE_MS = 120_000;
const POLL_MS = 10;

/** Starts the command on free ports. Its configuration, data, and log are in the directory. */
export async function startServe(directory: string, configuration: object): Promise<ServeCommand> {
  await mkdir(directory, { recursive: true });
  const address = `127.0.0.1:${await findFreePort()}`;
  const server = {
    address,
    internalAddress: `127.0.0.1:${await findFreePort()}`,
    workerInternalAddress: `127.0.0.1:${await findFreePort()}`,
  };
  const configurationFile = join(directory, 'rollcall.yaml');
  // JSON is YAML.
  await writeFile(configurationFile, JSON.stringify({ auth: { mode: 'anonymous' }, server, ...configuration }));
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [COMMAND, 'serve', '--config', configurationFile, '--data-dir', join(directory, 'data')],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const end = (): void => void child.kill('SIGTERM');
  process.once('exit', end);
  const exited = once(child, 'exit').then(() => process.off('exit', end));
  const logFile = join(directory, 'serve.log');
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const lines: { readonly text: string; readonly seconds: number }[] = [];
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push({ text: messageOf(text), seconds: (performance.now() - startedAt) / 1000 });
  });

  const origin = `http://${address}`;
  return {
    processId: child.pid!,
    origin,
    secondsTo: (line) => lines.find(({ text }) => text.startsWith(line))?.seconds,
    untilAnswered: async (path, satisfies = () => true) => {
      const deadline = Date.now() + DEADLINE_MS;
      while (child.exitCode === null && Date.now() < deadline) {
        const body = await fetch(`${origin}${path}`).then(
          async (response) => (response.ok ? await response.text() : undefined),
          () => undefined,
        );
        if (body !== undefined && satisfies(body)) return;
        await delay(POLL_MS);
      }
      throw new Error(`serve doesn't answer ${path}; output:\n${await readFile(logFile, 'utf8')}`);
    },
    stop: async () => {
      end();
      await exited;
    },
  };
}

/** The message of a line of the log. */
function messageOf(line: string): string {
  return line.startsWith('{') ? (JSON.parse(line) as { readonly msg: string }).msg : line;
}
