/** Routes logs of the Temporal SDK, workflows, and activities to the logger of the process. */
import { Runtime, type LogLevel, type LogMetadata, type Logger as TemporalLogger } from '@temporalio/worker';
import type { Logger } from 'pino';

/** The worker for watches has no workflows, so this warning of the SDK is expected. */
const EXPECTED_WARNING = 'No workflows registered, not polling for workflow tasks';

/** The SDK has one runtime per process, which can only be installed once. */
let installed = false;

/** Installs the logger. Call it before using the worker SDK. The process handles signals itself. */
export function logThrough(logger: Logger): void {
  if (installed) return;
  Runtime.install({
    logger: toTemporalLogger(logger),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
  installed = true;
}

/** Pino takes attributes before the message, and errors as `err`. */
function toTemporalLogger(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    if (message === EXPECTED_WARNING) return;
    const { error, taskToken: _, ...attributes } = meta;
    logger[PINO_LEVELS[level]]({ ...attributes, ...(error !== undefined && { err: error }) }, message);
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
