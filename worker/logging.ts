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

/** The worker for watches has no workflows, so this warning of the SDK is expected. */
const EXPECTED_WARNING = 'No workflows registered, not polling for workflow tasks';
/** Each sync has a line of its own, and refused writes are answered to the caller. */
const FAILED_ACTIVITY = 'Activity failed';
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
      // What the SDK warns about while Temporal is unavailable, the worker says itself, once.
      logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} },
      metrics: { buffer: metrics, attachServiceName: false },
    },
  });
  reportSdkMetrics(metrics);
  installed = true;
}

/** Pino takes attributes before the message, and errors as `err`. */
function toTemporalLogger(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    if (message === EXPECTED_WARNING) return;
    const { error } = meta as { readonly error?: unknown };
    const isReportedElsewhere =
      message === FAILED_ACTIVITY && error instanceof ApplicationFailure && isFailureType(error.type);
    const attributes = LOGGED_ATTRIBUTES.flatMap((name) => (meta[name] === undefined ? [] : [[name, meta[name]]]));
    logger[isReportedElsewhere ? 'debug' : PINO_LEVELS[level]](
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
