/** Running the api or the worker as a process of its own, which ends when this one does, however this one ends. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Running } from '../../embedded/keep-running.ts';
import { goLast } from './processor-priority.ts';
import { READY, type RoleOrder } from './role-protocol.ts';

/** A little longer than the roles take at most. */
const STOP_DEADLINE_MS = 8_500;

/**
 * Left to itself, V8 lets garbage pile up while there is memory: a sync of a large document would hold twice what it
 * needs. In MiB. A page lives for a moment, and is not to be copied about for it; what the worker holds is room for the
 * workflows that it caches and for the largest entries several times over.
 */
const HEAP_LIMITS = {
  api: ['--max-semi-space-size=16', '--max-old-space-size=384'],
  worker: ['--max-semi-space-size=8', '--max-old-space-size=768'],
} as const;

/** Fulfilled when the process is ready for work; fails when it ends before. */
export async function forkRole(order: RoleOrder): Promise<Running> {
  const program = fileURLToPath(new URL('./role-process.ts', import.meta.url));
  // The program learns its role over the channel; its argument tells whoever lists the processes.
  const child = fork(program, [order.role], {
    execArgv: [...HEAP_LIMITS[order.role]],
    detached: true, // a Ctrl-C in the terminal reaches only us, and we stop things in order
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // In the terminal of `serve` only what goes wrong is of interest.
    env: { ROLLCALL_LOG_LEVEL: 'warn', ...process.env },
  });
  const ended = once(child, 'exit');
  // Where both want the processor, a request is answered before a sync goes on.
  if (order.role === 'worker' && child.pid !== undefined) goLast(child.pid);
  child.send(order);
  const first = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
  if (first?.[0] !== READY) throw new Error(`The ${order.role} ended while it was starting`);
  return { ended, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.connected) child.disconnect();
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(kill);
}
