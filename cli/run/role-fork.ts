/** Runs the api or the worker in a child process that ends with this process, even if this one is killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LogSettings } from '../../config/model.ts';
import { drainDelayMs } from '../../config/settings.ts';
import { endingText } from '../../embedded/ending.ts';
import type { Running } from '../../embedded/keep-running.ts';
import { logFormat } from '../../telemetry/logger.ts';
import { READY, type RoleOrder } from './roles.ts';

/** Slightly longer than the roles' own shutdown deadline, after the drain delay. */
const STOP_DEADLINE_MS = 8_500;

/**
 * V8 heap limits in MiB. Without them V8 delays garbage collection while memory is free, and a sync of a large document
 * would hold twice the memory it needs. The api gets a larger young generation because pages are short-lived. The
 * worker's limit leaves room for its workflow cache and for several copies of the largest entries.
 */
export const HEAP_LIMITS = {
  api: ['--max-semi-space-size=16', '--max-old-space-size=384'],
  worker: ['--max-semi-space-size=8', '--max-old-space-size=768'],
} as const;

/** Resolves when the process is ready; rejects if it exits first. */
export async function forkRole(order: RoleOrder): Promise<Running> {
  const program = fileURLToPath(new URL('./role-process.ts', import.meta.url));
  // The process gets its role over the channel; the argument only makes it recognizable in `ps`.
  const child = fork(program, [order.role], {
    execArgv: [...HEAP_LIMITS[order.role]],
    detached: true, // Ctrl-C reaches only this process, which then stops the others in order
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([status, signal]) =>
    endingText(status as number | null, signal as NodeJS.Signals | null),
  );
  const { configuration } = order;
  child.send({ ...order, configuration: { ...configuration, log: logSettings(configuration.log) } });
  const first = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
  if (first?.[0] !== READY) throw new Error(`The ${order.role} process exited during startup`);
  return { ended, stop: () => stop(child, ended, drainDelayMs(configuration.server)) };
}

/** The terminal of `serve` shows only warnings and errors. */
function logSettings(log: LogSettings): LogSettings {
  return logFormat(log) === 'text' ? { level: 'warn', ...log, format: 'text' } : log;
}

async function stop(child: ChildProcess, ended: Promise<unknown>, delayMs: number): Promise<void> {
  if (child.connected) child.disconnect();
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS + delayMs);
  await ended;
  clearTimeout(kill);
}
