/** The workflows as one script, which runs in a sandbox of the worker. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { WorkflowBundle } from '@temporalio/worker';
import { pickVariables } from '../config/environment-variables.ts';
import type { BundleMessage } from './bundle-process.ts';

/**
 * Takes one to two seconds. Done by a process of its own: what the compiler needs, more than the worker itself, goes with
 * it.
 *
 * @throws Error with what the compiler says, where the workflow code cannot be bundled
 */
export async function bundleWorkflows(): Promise<WorkflowBundle> {
  const child = fork(new URL('bundle-process.ts', import.meta.url), {
    execArgv: [],
    // A compiler has no use for the secrets of the worker.
    env: pickVariables(['PATH', 'HOME', 'TMPDIR', 'NODE_COMPILE_CACHE']),
  });
  const ended = once(child, 'exit').then((): [BundleMessage] => [{ failure: 'the compiler ended without an answer' }]);
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [BundleMessage];
  if ('failure' in message) throw new Error(`The workflows cannot be bundled: ${message.failure}`);
  return message;
}
