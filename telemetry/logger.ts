import { trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';
import type { LogSettings } from '../config/model.ts';
import { serializeError } from './serialize-error.ts';

/** Lines are written together: a system call for each would cost more than the line. */
const BUFFER_BYTES = 8 * 1024;
const FLUSH_INTERVAL_MS = 100;
/** A reader that has stopped reading must not stop the process. Newer lines are dropped. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

/** The format that applies: readable lines on a terminal, otherwise JSON lines, unless the configuration names one. */
export function logFormat({ format }: LogSettings): 'text' | 'json' {
  return format ?? (process.stdout.isTTY ? 'text' : 'json');
}

/**
 * Logs lines with the name of the process and, inside a trace, its id. The default level is `info`.
 *
 * @param descriptor 1 for standard output, 2 for standard error, which is written at once
 */
export function createLogger(name: string, settings: LogSettings, descriptor: 1 | 2 = 1): Logger {
  const { level = 'info' } = settings;
  const options = {
    name,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: serializeError },
    mixin: activeTrace,
  };
  if (logFormat(settings) === 'text') {
    return pino({
      ...options,
      transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', destination: descriptor } },
    });
  }
  return pino(
    { ...options, formatters: { level: (label) => ({ level: label }) } },
    pino.destination({
      dest: descriptor,
      sync: descriptor === 2,
      minLength: descriptor === 2 ? 0 : BUFFER_BYTES,
      maxLength: MAX_HELD_BYTES,
      periodicFlush: FLUSH_INTERVAL_MS,
    }),
  );
}

function activeTrace(): { readonly traceId?: string } {
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return traceId === undefined ? {} : { traceId };
}
