/** The program of the process that bundles the workflows: sends the bundle, or what went wrong, and ends. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { startTelemetry } from '../temporal/telemetry.ts';

export type BundleMessage = WorkflowBundleWithSourceMap | { readonly failure: string };

const message: BundleMessage = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
  // Whatever is exported or not, the same interceptors: see temporal/telemetry.ts.
  plugins: [startTelemetry().plugin],
  logger: new DefaultLogger('WARN'),
}).catch((error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }));
process.send?.(message, () => process.disconnect());
