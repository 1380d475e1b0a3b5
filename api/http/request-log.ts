/** The line of a request in the log. */
import type { PlainLine } from '../../telemetry/logger.ts';
import type { CacheResult } from '../cache/cache-result.ts';

/** A request that was answered, or given up by its client. */
export interface AnsweredRequest {
  /** When it was answered, in milliseconds since 1970. */
  readonly time: number;
  readonly durationMs: number;
  readonly method: string;
  /** As the client sent it, with its query. */
  readonly url: string;
  readonly route: string;
  readonly status: number;
  readonly bytes: number;
  readonly cache: CacheResult | undefined;
  /** The subject of the token, or the kind of caller without one. */
  readonly caller: string;
  readonly requestId: string;
  /** Of its span. Undefined: the trace that `traceparent` names, if any. */
  readonly traceId: string | undefined;
  readonly traceparent: string | string[] | undefined;
  readonly isAborted: boolean;
}

/** Probes come every few seconds. */
const PROBES: ReadonlySet<string> = new Set(['/health', '/readiness']);
/** The values of all other parameters can be secret or private. */
const LOGGED_PARAMETERS: ReadonlySet<string> = new Set(['limit', 'version', 'updated_since', 'include_deleted']);
const MAX_LOGGED_LENGTH = 300;
const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

export function requestLine(answered: AnsweredRequest): PlainLine {
  const { time, durationMs, method, url, route, status, bytes, cache, caller, requestId, isAborted } = answered;
  const [path = '', search] = url.split('?', 2);
  return {
    level: PROBES.has(path) ? 'debug' : 'info',
    time,
    members: {
      method,
      route,
      path: path.slice(0, MAX_LOGGED_LENGTH),
      query: search === undefined ? undefined : loggedQuery(search),
      status,
      durationMs: Math.round(durationMs * 100) / 100,
      bytes,
      cache,
      caller,
      requestId,
      traceId: answered.traceId ?? sentTraceId(answered),
      aborted: isAborted ? true : undefined,
      msg: 'request',
    },
  };
}

function sentTraceId({ traceparent }: AnsweredRequest): string | undefined {
  return typeof traceparent === 'string' ? TRACE_ID.exec(traceparent)?.[1] : undefined;
}

/** The parameters whose values are logged, as the client sent them. */
function loggedQuery(search: string): string | undefined {
  const logged = search.split('&').filter((parameter) => LOGGED_PARAMETERS.has(parameter.split('=', 1)[0]!));
  return logged.length === 0 ? undefined : logged.join('&').slice(0, MAX_LOGGED_LENGTH);
}
