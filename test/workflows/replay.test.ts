/** Actors live for years: after any change of a workflow, the histories of all versions must still replay. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { startTelemetry } from '../../telemetry/telemetry.ts';
import { loadWorkflowBundle } from '../../worker/bundle.ts';
import { readHistory } from './history-file.ts';

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });

const folder = fileURLToPath(new URL('../histories/', import.meta.url));
const histories = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
const telemetry = startTelemetry();
let workflowBundle: WorkflowBundleOption;
beforeAll(async () => {
  workflowBundle = await loadWorkflowBundle();
});

test('histories of the first version exist', () => {
  expect(histories.filter((file) => file.startsWith('0.1/')).length).toBeGreaterThanOrEqual(18);
});

test.each(histories)('%s', async (file) => {
  const replay = Worker.runReplayHistory(
    { workflowBundle, plugins: [telemetry.plugin] },
    await readHistory(`${folder}${file}`),
  );
  await expect(replay).resolves.toBeUndefined();
});
