/** Bundles the workflows as one script, which runs in a sandbox of the worker. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkflowBundle, WorkflowBundleOption } from '@temporalio/worker';
import { pickVariables } from '../config/environment-variables.ts';
import type { BundleMessage } from './bundle-process.ts';

/** Written by bin/build.mjs; a checkout doesn't have it. */
const PREBUILT = fileURLToPath(new URL('workflow-bundle.js', import.meta.url));

/** The bundle that comes with the installed package; in a checkout, a new bundle of the current workflow code. */
export async function loadWorkflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(PREBUILT) ? { codePath: PREBUILT } : bundleWorkflows();
}

/**
 * Bundles the workflows, which takes one to two seconds. Runs in a separate process, because the compiler needs more
 * memory than the worker itself.
 *
 * @throws Error with the compiler's message if the workflow code can't be bundled
 */
async function bundleWorkflows(): Promise<WorkflowBundle> {
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
