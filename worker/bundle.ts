/** Bundles the workflows as one script, which runs in a sandbox of the worker. */
import { fork } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowBundle, WorkflowBundleOption } from '@temporalio/worker';
import { pickVariables } from '../outbound/child-environment.ts';
import type { BundleMessage } from './bundle-process.ts';

/** Written by bin/build.mjs; a checkout doesn't have it. */
const PREBUILT = fileURLToPath(new URL('workflow-bundle.js', import.meta.url));

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Paths of everything that a bundle is made of, relative to the checkout. */
export const BUNDLED = ['workflows', 'registry', 'pacing', 'worker/bundle-process.ts', 'package-lock.json'] as const;
const BUNDLES = join(ROOT, 'node_modules/.cache/workflow-bundles');

/** The bundle that comes with the installed package; in a checkout, one of the current workflow code. */
export async function loadWorkflowBundle(): Promise<WorkflowBundleOption> {
  if (existsSync(PREBUILT)) return { codePath: PREBUILT };
  const codePath = join(BUNDLES, `${await digestOfSources()}.js`);
  if (!existsSync(codePath)) await keep(await bundleWorkflows(), codePath);
  return { codePath };
}

/** SHA-256 of everything that determines the bundle. */
async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const listed = await Promise.all(BUNDLED.map(filesIn));
  for (const file of listed.flat().sort()) hash.update(`\0${file}\0`).update(await readFile(join(ROOT, file)));
  return hash.digest('hex');
}

async function filesIn(path: string): Promise<string[]> {
  if (path.includes('.')) return [path];
  const files = await readdir(join(ROOT, path), { recursive: true });
  return files.filter((file) => file.endsWith('.ts')).map((file) => join(path, file));
}

/** Keeps the bundle for the next start. The file is renamed into place, so that other workers never read half of it. */
async function keep({ code }: WorkflowBundle, codePath: string): Promise<void> {
  await mkdir(BUNDLES, { recursive: true });
  const written = `${codePath}.${randomUUID()}`;
  await writeFile(written, code);
  await rename(written, codePath);
}

/**
 * Bundles the workflows, which takes about three seconds of CPU time. Runs in a separate process, because the compiler needs more
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
