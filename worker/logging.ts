/** Routes logs and metrics of the Temporal SDK to those of the process. */
import { ApplicationFailure } from '@temporalio/common';
import {
  MetricsBuffer,
  Runtime,
  type LogLevel,
  type LogMetadata,
  type Logger as TemporalLogger,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { isFailureType } from '../registry/failure.ts';
import { reportSdkMetrics } from './sdk-metrics.ts';

/** Messages of the SDK about its own state. */
const NOISE: ReadonlySet<string> = new Set([
  'Worker state changed',
  'No Nexus services registered, not polling for Nexus tasks',
  // Expected of the worker for watches and of the one for writes.
  'No workflows registered, not polling for workflow tasks',
]);
const LOGGED_ATTRIBUTES = [
  'workflowId',
  'runId',
  'activityType',
  'attempt',
  'source',
  'signal',
  'taskQueue',
  'traceId',
];
/** The ids of syncs and trials (see workflows/contract/names.ts). */
const REPORTED_WORKFLOW = /^(?:sync|trial)\//;
/** Updates of metrics between two readings. */
const MAX_METRIC_UPDATES = 200_000;

/** The SDK has one runtime per process, which can only be installed once. */
let installed = false;

/**
 * Installs the logger, and reports the metrics of the SDK until the process ends. Call it before using the worker SDK. The
 * process handles signals itself.
 */
export function installRuntime(logger: Logger): void {
  if (installed) return;
  const metrics = new MetricsBuffer({ maxBufferSize: MAX_METRIC_UPDATES, useSecondsForDurations: true });
  Runtime.install({
    logger: toTemporalLogger(logger),
    shutdownSignals: [],
    telemetryOptions: {
      // The worker itself reports once that Temporal is unavailable.
      logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} },
      metrics: { buffer: metrics, attachServiceName: false },
    },
  });
  reportSdkMetrics(metrics);
  installed = true;
}

/** Each sync has a line of its own. Failed trials and refused writes are answered to the caller. */
function isReportedElsewhere(message: string, meta: LogMetadata): boolean {
  const { error, workflowId } = meta as { readonly error?: unknown; readonly workflowId?: unknown };
  if (message === 'Workflow failed') return REPORTED_WORKFLOW.test(String(workflowId));
  return message === 'Activity failed' && error instanceof ApplicationFailure && isFailureType(error.type);
}

/** Pino takes attributes before the message, and errors as `err`. */
function toTemporalLogger(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    const { error } = meta as { readonly error?: unknown };
    const attributes = LOGGED_ATTRIBUTES.flatMap((name) => (meta[name] === undefined ? [] : [[name, meta[name]]]));
    const isQuiet = NOISE.has(message) || isReportedElsewhere(message, meta);
    logger[isQuiet ? 'debug' : PINO_LEVELS[level]](
      { ...Object.fromEntries(attributes), ...(error !== undefined && { err: error }) },
      message,
    );
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}

const PINO_LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
