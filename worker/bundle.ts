/** Bundles the workflows as one script, which runs in a sandbox of the worker. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { WorkflowBundle } from '@temporalio/worker';
import { pickVariables } from '../config/environment-variables.ts';
import type { BundleMessage } from './bundle-process.ts';

/**
 * Bundles the workflows, which takes one to two seconds. Runs in a separate process, because the compiler needs more
 * memory than the worker itself.
 *
 * @throws Error with the compiler's message if the workflow code can't be bundled
 */
export async function bundleWorkflows(): Promise<WorkflowBundle> {
  const child = fork(new URL('bundle-process.ts', import.meta.url), {
    execArgv: [],
    // The compiler doesn't need the secrets of the worker.
    env: pickVariables(['PATH', 'HOME', 'TMPDIR', 'NODE_COMPILE_CACHE']),
  });
  const ended = once(child, 'exit').then((): [BundleMessage] => [{ failure: 'the compiler exited without a result' }]);
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [BundleMessage];
  if ('failure' in message) throw new Error(`The workflows can't be bundled: ${message.failure}`);
  return message;
}
