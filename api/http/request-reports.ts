/** Reports answered requests in the log and the metrics. */
import type { Logger } from 'pino';
import type { Series } from '../../telemetry/histogram.ts';
import { httpServerDuration, refusedRequests } from '../../telemetry/instruments.ts';
import { logTogether, membersText, type PlainLine } from '../../telemetry/logger.ts';
import { type AnsweredRequest, requestMembers } from './request-log.ts';
import type { ServerLookups } from './server-lookups.ts';

const MAX_HELD = 1_000;
const MAX_HELD_MS = 100;

/** Probes come every few seconds. */
const PROBES: ReadonlySet<string> = new Set(['/health', '/readiness']);
const REFUSALS: Readonly<Record<number, string>> = { 401: 'unauthenticated', 403: 'denied', 429: 'rate_limited' };

/**
 * Requests are reported together, after 100 ms, when there are 1,000, and when the process ends. Between the system calls
 * of two requests, the same code takes three times as long, and each write to the log wakes another thread.
 */
export class RequestReports {
  readonly #logger: Logger;
  readonly #lookups: ServerLookups;
  #held: AnsweredRequest[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger, lookups: ServerLookups) {
    this.#logger = logger;
    this.#lookups = lookups;
    // Before the log's own handler, which writes what it has by then.
    process.prependListener('exit', this.#report);
  }

  add(answered: AnsweredRequest): void {
    this.#held.push(answered);
    if (this.#held.length >= MAX_HELD) this.#report();
    else this.#timer ??= setTimeout(this.#report, MAX_HELD_MS).unref();
  }

  close(): void {
    process.off('exit', this.#report);
    this.#report();
  }

  readonly #report = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = this.#held;
    this.#held = [];
    const clock = Date.now() - performance.now();
    const lines: PlainLine[] = [];
    for (const answered of held) {
      const { startedAt, endedAt, status } = answered;
      const { durations, level, shared } = kindOf(answered);
      durations.record((endedAt - startedAt) / 1000);
      const reason = REFUSALS[status];
      if (reason !== undefined) refusedRequests.add(1, { reason });
      this.#lookups.count(answered);
      if (!this.#logger.isLevelEnabled(level)) continue;
      lines.push({ level, time: Math.trunc(clock + endedAt), shared, members: requestMembers(answered) });
    }
    logTogether(this.#logger, lines);
  };
}

/** Properties that all requests with the same route, method, and status share. */
interface RequestKind {
  readonly durations: Series;
  readonly level: PlainLine['level'];
  readonly shared: PlainLine['shared'];
}

/** By route, then by method and status. */
const kinds = new Map<string, Map<string, RequestKind>>();

function kindOf({ route, method, status }: AnsweredRequest): RequestKind {
  let ofRoute = kinds.get(route);
  if (ofRoute === undefined) kinds.set(route, (ofRoute = new Map<string, RequestKind>()));
  const outcome = `${method} ${status}`;
  const known = ofRoute.get(outcome);
  if (known !== undefined) return known;
  const added: RequestKind = {
    durations: httpServerDuration({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'url.scheme': 'http',
      ...(status >= 500 && { 'error.type': String(status) }),
    }),
    level: PROBES.has(route) ? 'debug' : 'info',
    shared: membersText({ method, route, status }),
  };
  ofRoute.set(outcome, added);
  return added;
}
