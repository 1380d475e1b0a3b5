/** Lets the Temporal SDK, workflow and activity code log through the process's own logger. */
import { Runtime, type LogLevel, type LogMetadata, type Logger as TemporalLogger } from '@temporalio/worker';
import type { Logger } from 'pino';

/** The worker of the watches has no workflows: what the SDK warns about is meant to be. */
const EXPECTED_WARNING = 'No workflows registered, not polling for workflow tasks';

/** The SDK has one runtime per process, which is set up once. */
let installed = false;

/** Call it before anything else of the worker's SDK. Signals are left to the process. */
export function logThrough(logger: Logger): void {
  if (installed) return;
  Runtime.install({
    logger: toTemporalLogger(logger),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
  installed = true;
}

/** Pino takes the attributes before the message, an error among them as `err`. */
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
