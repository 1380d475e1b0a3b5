/**
 * Load at a steady rate from a process of its own. A request is sent when it is due, whether or not those before were
 * answered, and its time counts from then: a server that stands still for a second is seen by all who came meanwhile.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface PacedLoad {
  readonly origin: string;
  /** Asked for in turn. */
  readonly paths: readonly string[];
  readonly requestsPerSecond: number;
}

export interface PacedResult {
  readonly p99Ms: number;
}

export interface RunningLoad {
  /** Sends no more requests, and says how those before fared. Fails where one was answered with an error. */
  stop(): Promise<PacedResult>;
}

/** Begins to send; what is answered in the first second does not count. */
export async function startPacedLoad(load: PacedLoad): Promise<RunningLoad> {
  const child = fork(new URL('paced-load-process.ts', import.meta.url));
  await once(child, 'message');
  child.send(load);
  return {
    stop: async () => {
      child.send('stop');
      const [result] = (await once(child, 'message')) as [PacedResult | { readonly failure: string }];
      child.disconnect();
      if ('failure' in result) throw new Error(result.failure);
      return result;
    },
  };
}
