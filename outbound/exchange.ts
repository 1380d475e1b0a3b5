/** One HTTP request, with deadlines. Sources, clusters, and identity providers all send their requests through here. */
import { type Dispatcher, errors, request } from 'undici';
import { observeRequest } from '../telemetry/outbound-requests.ts';

export interface Exchange {
  readonly url: URL;
  /** Decides which addresses can be reached, through which proxy, and which certificates are trusted. */
  readonly dispatcher: Dispatcher;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent by POST. Absent: a GET, unless there is a `change`. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  /** Another method, with its body. */
  readonly change?: Change | undefined;
  /** `HEAD` asks for the headers only. Default: as `form` and `change` say. */
  readonly method?: 'GET' | 'HEAD';
  /** Milliseconds until the answer must begin. */
  readonly timeoutMs: number;
  /** Milliseconds without a byte after which the answer is abandoned. Default: `timeoutMs`. */
  readonly silenceMs?: number;
  readonly signal: AbortSignal;
}

export interface Change {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly content?: { readonly json: unknown; readonly type: string } | undefined;
}

/**
 * Sends a request and resolves when the answer begins, whatever its status. Redirects are not followed.
 *
 * @throws the reason of the signal, or an error of undici or Node with a `code`
 */
export async function exchange(wanted: Exchange): Promise<Dispatcher.ResponseData> {
  const { url, form, change } = wanted;
  const method = change?.method ?? wanted.method ?? (form === undefined ? 'GET' : 'POST');
  return await observeRequest({ url, method }, (traceHeaders) =>
    send({ ...wanted, headers: { ...traceHeaders, ...wanted.headers } }, method),
  );
}

async function send(wanted: Exchange, method: Dispatcher.HttpMethod): Promise<Dispatcher.ResponseData> {
  const { url, dispatcher, headers, form, change, timeoutMs, silenceMs = timeoutMs, signal } = wanted;
  const waiting = new AbortController();
  // undici restarts its own timeout for headers with each informational answer (1xx).
  const timer = setTimeout(() => waiting.abort(new errors.HeadersTimeoutError()), timeoutMs);
  try {
    return await request(url, {
      dispatcher,
      headers: {
        'user-agent': 'rollcall',
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(change?.content !== undefined && { 'content-type': change.content.type }),
        ...headers,
      },
      method,
      ...(change?.content !== undefined && { body: JSON.stringify(change.content.json) }),
      ...(form !== undefined && { body: new URLSearchParams(form).toString() }),
      headersTimeout: timeoutMs,
      bodyTimeout: silenceMs,
      signal: AbortSignal.any([signal, waiting.signal]),
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds from `Retry-After`, which is a number of seconds or a date (RFC 9110 section 10.2.3); undefined without one. */
export function retryAfterMs(headers: Dispatcher.ResponseData['headers']): number | undefined {
  const [value] = [headers['retry-after']].flat();
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
