import { type Logger, pino } from 'pino';

/** Logs JSON lines to standard output, or readable lines on a terminal. The level is `ROLLCALL_LOG_LEVEL`, default `info`. */
export function createLogger(name: string): Logger {
  return pino({
    name,
    level: process.env['ROLLCALL_LOG_LEVEL'] ?? 'info',
    ...(process.stdout.isTTY ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } } : {}),
  });
}
