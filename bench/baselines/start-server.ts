/** A server in a separate process, which gets its setup over the channel and answers with its port. */
import { fork, type ForkOptions } from 'node:child_process';
import { once } from 'node:events';

export interface ServerProcess {
  readonly origin: string;
  readonly processId: number;
  stop(): void;
}

/** `script` is relative to this folder. */
export async function startServerProcess(
  script: string,
  setup: object,
  options: ForkOptions = {},
): Promise<ServerProcess> {
  const child = fork(new URL(script, import.meta.url), options);
  child.send(setup);
  const [port] = (await once(child, 'message')) as [number];
  return { origin: `http://127.0.0.1:${port}`, processId: child.pid!, stop: () => child.disconnect() };
}
