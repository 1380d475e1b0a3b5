import { type Logger, pino } from 'pino';

/** JSON lines on standard output, or readable ones in a terminal. `ROLLCALL_LOG_LEVEL`: `info` unless it says otherwise. */
export function createLogger(name: string): Logger {
  return pino({
    name,
    level: process.env['ROLLCALL_LOG_LEVEL'] ?? 'info',
    ...(process.stdout.isTTY ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } } : {}),
  });
}
