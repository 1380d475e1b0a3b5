/** Entry point of the process that bundles the workflows. Sends the bundle or an error message, and exits. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { startTelemetry } from '../telemetry/telemetry.ts';

export type BundleMessage = WorkflowBundleWithSourceMap | { readonly failure: string };

const message: BundleMessage = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
  // Always use the same interceptors, whether or not spans are exported: see telemetry/telemetry.ts.
  plugins: [startTelemetry().plugin],
  logger: new DefaultLogger('WARN'),
}).catch((error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }));
process.send?.(message, () => process.disconnect());
