/** One HTTP request, with deadlines. Sources, clusters, and identity providers all send their requests through here. */
import { subscribe } from 'node:diagnostics_channel';
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { type Dispatcher, errors, request } from 'undici';
import { observeRequest } from '../telemetry/outbound-requests.ts';

// If a request is aborted while undici sends its content, the HTTP/2 server isn't told and answers. Node makes another stream for
// the answer. undici doesn't know that stream, so its error at the end of the connection would end the process.
subscribe('http2.client.stream.created', (message) => {
  const { stream, headers } = message as { readonly stream: ClientHttp2Stream; readonly headers: IncomingHttpHeaders };
  if (headers[':status'] === undefined) return; // the stream of a request
  stream.on('error', () => undefined);
  stream.close(constants.NGHTTP2_CANCEL);
});

/** The method, and JSON to send. Requests with content must name their method; the default is a read. */
export type Sending =
  | {
      readonly method: 'POST' | 'PATCH';
      /** The content, which is sent as JSON with this media type. */
      readonly content: { readonly json: unknown; readonly type: string };
      readonly form?: undefined;
    }
  | {
      /** Default: POST for a form, otherwise GET. `HEAD` asks for the headers only. */
      readonly method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE' | undefined;
      readonly content?: undefined;
    };

export type Exchange = Sending & {
  readonly url: URL;
  /** Decides which addresses can be reached, through which proxy, and which certificates are trusted. */
  readonly dispatcher: Dispatcher;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly form?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds until the answer must begin. */
  readonly timeoutMs: number;
  /** Milliseconds without a byte after which the answer is abandoned. Default: `timeoutMs`. */
  readonly silenceMs?: number;
  readonly signal: AbortSignal;
};

/**
 * Sends a request and resolves when the answer begins, whatever its status. Redirects are not followed.
 *
 * @throws the reason of the signal, or an error of undici or Node with a `code`
 */
export async function exchange(wanted: Exchange): Promise<Dispatcher.ResponseData> {
  const { url, form, method = form === undefined ? 'GET' : 'POST' } = wanted;
  return await observeRequest({ url, method }, (traceHeaders) =>
    send({ ...wanted, headers: { ...traceHeaders, ...wanted.headers } }, method),
  );
}

async function send(wanted: Exchange, method: Dispatcher.HttpMethod): Promise<Dispatcher.ResponseData> {
  const { url, dispatcher, headers, timeoutMs, silenceMs = timeoutMs, signal } = wanted;
  const body = bodyOf(wanted);
  const waiting = new AbortController();
  // undici restarts its own timeout for headers with each informational answer (1xx).
  const timer = setTimeout(() => waiting.abort(new errors.HeadersTimeoutError()), timeoutMs);
  try {
    return await request(url, {
      dispatcher,
      headers: {
        'user-agent': 'rollcall',
        ...(body && { 'content-type': body.type }),
        ...headers,
      },
      method,
      ...(body && { body: body.text }),
      headersTimeout: timeoutMs,
      bodyTimeout: silenceMs,
      signal: AbortSignal.any([signal, waiting.signal]),
    });
  } finally {
    clearTimeout(timer);
  }
}

function bodyOf({ form, content }: Exchange): { readonly type: string; readonly text: string } | undefined {
  if (content !== undefined) return { type: content.type, text: JSON.stringify(content.json) };
  if (form === undefined) return undefined;
  return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(form).toString() };
}

/** The bytes of an answer. Null if there are more than `maxBytes`. */
export async function boundedBody(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The first value of a header, by its name in lower case. */
export function headerOf({ headers }: Pick<Dispatcher.ResponseData, 'headers'>, name: string): string | undefined {
  return [headers[name]].flat()[0];
}

export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/**
 * Milliseconds from `Retry-After`, which is a number of seconds or a date (RFC 9110 section 10.2.3). Undefined without
 * the header.
 */
export function retryAfterMs(answer: Pick<Dispatcher.ResponseData, 'headers'>): number | undefined {
  const value = headerOf(answer, 'retry-after');
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
