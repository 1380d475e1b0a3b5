/** The line of a request in the log. */
import type { PlainLine } from '../../telemetry/logger.ts';
import type { CacheResult } from '../cache/cache-result.ts';

/** A request that was answered or that its client aborted. */
export interface AnsweredRequest {
  /** In milliseconds of `performance.now()`, because `Date.now()` takes ten times as long. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly method: string;
  /** The request target as the client sent it, including the query. */
  readonly url: string;
  readonly route: string;
  readonly status: number;
  readonly bytes: number;
  readonly cache: CacheResult | undefined;
  /** The subject of the token, or the kind of caller without one. */
  readonly caller: string;
  readonly requestId: string;
  /** The trace of the request's span. Undefined without tracing; then the line names the trace in `traceparent`, if any. */
  readonly traceId: string | undefined;
  readonly traceparent: string | string[] | undefined;
  readonly isAborted: boolean;
}

/** The parameters that are logged. The values of all others can be secret or private. */
const LOGGED_PARAMETERS = /(?<![^&])(?:limit|version|updated_since|include_deleted)(?:=[^&]*)?(?![^&])/g;
const MAX_LOGGED_LENGTH = 300;
const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

/** The members of the log line that differ from request to request. */
export function requestMembers(answered: AnsweredRequest): PlainLine['members'] {
  const { startedAt, endedAt, url, bytes, cache, caller, requestId, isAborted } = answered;
  const questionMark = url.indexOf('?');
  const path = questionMark === -1 ? url : url.slice(0, questionMark);
  return {
    path: path.slice(0, MAX_LOGGED_LENGTH),
    query: questionMark === -1 ? undefined : loggedQuery(url.slice(questionMark + 1)),
    durationMs: Math.round((endedAt - startedAt) * 100) / 100,
    bytes,
    cache,
    caller,
    requestId,
    traceId: answered.traceId ?? sentTraceId(answered),
    aborted: isAborted ? true : undefined,
    msg: 'request',
  };
}

function sentTraceId({ traceparent }: AnsweredRequest): string | undefined {
  return typeof traceparent === 'string' ? TRACE_ID.exec(traceparent)?.[1] : undefined;
}

/** The logged parameters, as the client sent them. Undefined if there are none. */
function loggedQuery(search: string): string | undefined {
  return search.match(LOGGED_PARAMETERS)?.join('&').slice(0, MAX_LOGGED_LENGTH);
}
