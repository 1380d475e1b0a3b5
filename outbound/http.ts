/** Requests to upstreams: limited redirects, compression, deadlines, and failures that say what to do. */
import { pipeline, type Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { exchange, headerOf, isRedirect, retryAfterMs } from './exchange.ts';
import type { OutboundGuard } from './guard.ts';
import { type FailureType, RollcallError } from '../registry/failure.ts';
import { LONGEST_RETRY_AFTER_MS } from '../pacing/backoff.ts';
import { atMinimumSpeed } from './minimum-speed.ts';
import { displayUrl } from './redaction.ts';

export interface HttpRequest {
  readonly url: URL;
  /** Headers, with names in lower case. They are not sent to another origin after a redirect. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A description of the credentials in the headers, for messages: where they come from, and the setting to change. */
  readonly credentials?: string;
  /** Longest time without a byte, in milliseconds. */
  readonly timeoutMs: number;
  /** Checks the URL and every redirect. With null, nothing is forbidden, and proxies are used. */
  readonly guard: OutboundGuard | null;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: 200 | 304;
  readonly header: (name: string) => string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads the rest of the body and drops it, so that the connection can be used again. */
  readonly discard: () => Promise<void>;
}

/** An answer of 400 to 499 without a more specific meaning: repeating the request wouldn't help. */
export class UpstreamRefusal extends RollcallError {
  readonly status: number;

  constructor(type: FailureType, message: string, status: number) {
    super(type, message);
    this.status = status;
  }
}

const MAX_REDIRECTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
const LONGEST_QUOTE = 200;

/** Honors HTTP_PROXY, HTTPS_PROXY, and NO_PROXY. */
const unguarded = new EnvHttpProxyAgent({ connect: { timeout: CONNECT_TIMEOUT_MS } });

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * GETs a document.
 * @throws RollcallError `UpstreamUnavailable`, `UpstreamRateLimited` (with `retryAfterMs`), `UpstreamNotFound`, `UpstreamDenied`,
 * or `UpstreamInvalid`, for any status except 200 and 304; `OutboundForbidden` by the guard
 */
export async function httpGet(wanted: HttpRequest): Promise<HttpResponse> {
  const { url } = wanted;
  let hop = wanted;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await send(hop);
    const location = response.headers['location'];
    if (!isRedirect(response.statusCode) || typeof location !== 'string') return await accept(hop, response);
    await response.body.dump();
    const target = redirectTarget(location, hop.url);
    hop = target.origin === url.origin ? { ...wanted, url: target } : { ...withoutHeaders(wanted, url), url: target };
  }
  throw new RollcallError('UpstreamInvalid', `${displayUrl(url)} redirects more than ${MAX_REDIRECTS} times`);
}

/** Credentials are only for the host that they were configured for. */
function withoutHeaders(wanted: HttpRequest, from: URL): HttpRequest {
  return {
    ...wanted,
    headers: {},
    credentials: `a request without credentials, because ${displayUrl(from)} redirects to another host`,
  };
}

async function send(hop: HttpRequest): Promise<Dispatcher.ResponseData> {
  const { url, timeoutMs, guard, signal, headers } = hop;
  guard?.assertMayReach(url);
  try {
    return await exchange({
      url,
      dispatcher: guard?.dispatcher ?? unguarded,
      headers: { 'accept-encoding': 'gzip, deflate, br', ...headers },
      timeoutMs,
      signal,
    });
  } catch (error) {
    throw unreachable(hop, error);
  }
}

async function accept(hop: HttpRequest, response: Dispatcher.ResponseData): Promise<HttpResponse> {
  const { statusCode: status, body } = response;
  if (status !== 200 && status !== 304) throw await refusal(hop, response);
  return {
    status,
    header: (name) => headerOf(response, name),
    body: readable(hop, response),
    discard: () => body.dump(),
  };
}

async function* readable(hop: HttpRequest, response: Dispatcher.ResponseData): AsyncGenerator<Uint8Array> {
  try {
    yield* decoded(hop, response);
  } catch (error) {
    throw unreachable(hop, error);
  }
}

function decoded({ url }: HttpRequest, response: Dispatcher.ResponseData): AsyncIterable<Uint8Array> {
  // Measured before decompression: the speed of the upstream counts.
  const received = (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> =>
    atMinimumSpeed(bytes, displayUrl(url));
  const decoder = DECODERS[headerOf(response, 'content-encoding')?.toLowerCase() ?? ''];
  // An error in any of the streams destroys all of them, and appears where the last one is read.
  return decoder === undefined ? received(response.body) : pipeline(response.body, received, decoder(), () => {});
}

function redirectTarget(location: string, from: URL): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (target === null || (target.protocol !== 'https:' && target.protocol !== 'http:')) {
    throw new RollcallError('UpstreamInvalid', `${displayUrl(from)} redirects to something that isn't an HTTP URL`);
  }
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw new RollcallError(
      'UpstreamInvalid',
      `${displayUrl(from)} redirects from HTTPS to HTTP, to ${displayUrl(target)}`,
    );
  }
  return target;
}

async function refusal(hop: HttpRequest, response: Dispatcher.ResponseData): Promise<RollcallError> {
  const { url, guard } = hop;
  const { statusCode: status } = response;
  const where = displayUrl(url);
  const waitMs = retryAfterMs(response);
  const text = await readStart(hop, response);
  // The creator of a source with limits must not read other servers' answers through it.
  const quote = guard !== null || text === '' ? '' : `: ${text}`;
  if (status === 401 || status === 403) {
    const { credentials = 'a request without credentials, and this kind of source has none' } = hop;
    return new RollcallError('UpstreamDenied', `${where} answered ${status}: it rejected ${credentials}`);
  }
  if (status === 404 || status === 410) {
    return new UpstreamRefusal('UpstreamNotFound', `${where} answered ${status}`, status);
  }
  if (status === 429 || (status === 503 && waitMs !== undefined)) {
    return new RollcallError('UpstreamRateLimited', `${where} answered ${status}: ${limitText(waitMs)}`, {
      retryAfterMs: waitMs,
    });
  }
  // A retry may help with other server errors.
  if (status === 501) return new UpstreamRefusal('UpstreamUnavailable', `${where} answered ${status}${quote}`, status);
  if (status >= 500 || status === 408)
    return new RollcallError('UpstreamUnavailable', `${where} answered ${status}${quote}`);
  return new UpstreamRefusal('UpstreamInvalid', `${where} answered ${status}${quote}`, status);
}

/** `rate limited; next try at 23:34 UTC` */
function limitText(waitMs: number | undefined): string {
  if (waitMs === undefined) return 'rate limited';
  const next = new Date(Date.now() + Math.min(waitMs, LONGEST_RETRY_AFTER_MS)).toISOString();
  const isToday = next.slice(0, 10) === new Date().toISOString().slice(0, 10);
  return `rate limited; next try at ${isToday ? next.slice(11, 16) : next.slice(0, 16).replace('T', ' ')} UTC`;
}

/** The start of an unexpected answer, for messages. */
async function readStart(hop: HttpRequest, response: Dispatcher.ResponseData): Promise<string> {
  let text = '';
  try {
    for await (const chunk of decoded(hop, response)) {
      text += Buffer.from(chunk).toString();
      if (text.length >= LONGEST_QUOTE) break;
    }
  } catch {
    // The status says enough.
  }
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_QUOTE);
}

function unreachable({ url, guard }: HttpRequest, error: unknown): Error {
  if (error instanceof RollcallError) return error;
  const cause = error as NodeJS.ErrnoException;
  const reason = NETWORK_ERRORS[cause.code ?? ''] ?? (guard === null ? cause.message : 'the connection failed');
  return new RollcallError('UpstreamUnavailable', `${displayUrl(url)} could not be read: ${reason}`, { cause: error });
}

const NETWORK_ERRORS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its host name is unknown',
  EAI_AGAIN: 'its host name could not be looked up',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was interrupted',
  UND_ERR_SOCKET: 'the connection was interrupted',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within ten seconds',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped coming',
};
