/** A server in a separate process, which gets its setup over the channel and answers with its port. */
import { fork, type ForkOptions } from 'node:child_process';
import { once } from 'node:events';

export interface ServerProcess {
  readonly origin: string;
  readonly processId: number;
  /** Sends a message to the process, and waits for the next one from it. */
  ask(message: object): Promise<unknown>;
  stop(): void;
}

/** `script` is relative to this folder. */
export async function startServerProcess(
  script: string,
  setup: object,
  options: ForkOptions = {},
): Promise<ServerProcess> {
  const child = fork(new URL(script, import.meta.url), options);
  const ask = async (message: object): Promise<unknown> => {
    child.send(message);
    const [answer] = (await once(child, 'message')) as [unknown];
    return answer;
  };
  const port = (await ask(setup)) as number;
  return { origin: `http://127.0.0.1:${port}`, processId: child.pid!, ask, stop: () => child.disconnect() };
}
