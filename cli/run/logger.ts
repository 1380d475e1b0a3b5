import { type Logger, pino } from 'pino';
import type { LogSettings } from '../../config/model.ts';

/** Logs JSON lines on standard output, or readable lines in a terminal. The default level is `info`. */
export function createLogger(name: string, { level = 'info' }: LogSettings): Logger {
  return pino({
    name,
    level,
    ...(process.stdout.isTTY ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } } : {}),
  });
}
