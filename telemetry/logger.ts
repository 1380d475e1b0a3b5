import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogSettings } from '../config/model.ts';
import { serializeError } from './serialize-error.ts';

/** A reader of the log that has stopped reading must not stop the process. Newer lines are dropped. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

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
    timestamp: timeMember,
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
    // The least length with which `flush` waits for what is being written.
    pino.destination({ dest: descriptor, sync: descriptor === 2, minLength: 1, maxLength: MAX_WAITING_BYTES }),
  );
}

/** The parts of a logger that pino makes available under these symbols. */
interface LoggerParts {
  readonly [pino.symbols.streamSym]: DestinationStream;
  /** The beginning of a line by level: `{"level":"info"`. */
  readonly [pino.symbols.lsCacheSym]: Readonly<Record<number, string>>;
  /** The members that all lines have: `,"name":"api"`. */
  readonly [pino.symbols.chindingsSym]: string;
}

/** A line of the log. */
export interface PlainLine {
  readonly level: 'debug' | 'info';
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Members that many lines have, made by `membersText` once. */
  readonly shared: string;
  /** The other members, `msg` included. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** Members as text for a line: `,"method":"GET","status":200`. */
export function membersText(members: Readonly<Record<string, unknown>>): string {
  return `,${JSON.stringify(members).slice(1, -1)}`;
}

/** Writes lines together, without serializers and the active trace. Their levels must be enabled. */
export function logTogether(logger: Logger, lines: readonly PlainLine[]): void {
  if (lines.length === 0) return;
  const parts = logger as unknown as LoggerParts;
  const starts = parts[pino.symbols.lsCacheSym];
  const always = parts[pino.symbols.chindingsSym];
  let text = '';
  for (const { level, time, shared, members } of lines) {
    const start = starts[logger.levels.values[level]!];
    text += `${start}${timeMember(time)}${always}${shared},${JSON.stringify(members).slice(1)}\n`;
  }
  parts[pino.symbols.streamSym].write(text);
}

let second = 0;
let textOfSecond = '';

/** The time in ISO format. Lines of the same second share most of it. */
function timeMember(now = Date.now()): string {
  const milliseconds = now % 1000;
  if (now - milliseconds !== second) {
    second = now - milliseconds;
    textOfSecond = new Date(second).toISOString().slice(0, -4);
  }
  return `,"time":"${textOfSecond}${String(milliseconds).padStart(3, '0')}Z"`;
}

function activeTrace(): { readonly traceId?: string } {
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return traceId === undefined ? {} : { traceId };
}
