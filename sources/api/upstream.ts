/** A client of another registry's v0.1 API: requests with retries, and pages that are complete or refused. */
import { setTimeout as delay } from 'node:timers/promises';
import { describeSecret, readSecret } from '../../config/secrets.ts';
import { Turns } from '../../pacing/turns.ts';
import type { DocumentSummary } from '../../registry/document/reader.ts';
import type { OutboundGuard } from '../../outbound/guard.ts';
import type { EntryKind } from '../../registry/entry-kind.ts';
import { RollcallError } from '../../registry/failure.ts';
import { HTML_INSTEAD, isHtmlPage } from '../../registry/document/text-encoding.ts';
import type { SecretReference } from '../../registry/source-definition.ts';
import type { ApiOrigin } from './definition.ts';
import { httpGet, type HttpResponse, UpstreamRefusal } from '../../outbound/http.ts';
import { displayUrl } from '../../outbound/redaction.ts';
import { backoffMs } from '../../pacing/backoff.ts';

export interface ListQuery {
  readonly kind: EntryKind;
  /** Only entries that changed since this time (RFC 3339); null for all entries. */
  readonly since: string | null;
  /** Entries per page; null for the upstream's default. */
  readonly limit: number | null;
  /** Whether to include deleted entries. Of skills and plugins, also whether to include all versions. */
  readonly includeDeleted: boolean;
  readonly cursor?: string | null;
}

/** Turns the bytes of a page into entries. */
export type PageReader = (bytes: Uint8Array) => DocumentSummary;

export interface ApiPage extends DocumentSummary {
  readonly nextCursor: string | null;
}

export interface ApiUpstreamOptions {
  /** The limits of the source; null if it has none. */
  readonly guard: OutboundGuard | null;
  readonly signal: AbortSignal;
  /** Reports a slow step as text. */
  readonly report?: (step: string) => void;
}

/** The largest page that is accepted: 320 KiB for each of a hundred entries. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024;
/** Until it is staged, a page needs about five times its size in memory. At most two larger pages are held at a time. */
const LARGE_PAGE_BYTES = 1024 * 1024;
const largePages = new Turns({ count: 2 });
const MAX_CURSOR_LENGTH = 4096;
/** Attempts per page, so that one failed page among hundreds doesn't restart the walk. */
const ATTEMPTS = 3;
/** If the upstream asks for a longer wait, the whole fetch is retried later instead. */
const BACKOFF = { firstMs: 500, longestMs: 30_000 };

export class ApiUpstream {
  readonly displayName: string;
  readonly #list: URL;
  readonly #origin: ApiOrigin;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #credentials: string;
  readonly #options: ApiUpstreamOptions;
  #firstAnsweredAtMs: number | null = null;
  /** Ends the turn of the last page, if it was a large one. */
  #endTurn: () => void = () => {};

  constructor(origin: ApiOrigin, headers: Readonly<Record<string, string>>, options: ApiUpstreamOptions) {
    this.#origin = origin;
    this.#list = listUrl(origin.endpoint);
    this.displayName = displayUrl(this.#list);
    this.#headers = headers;
    this.#credentials = describeCredentials(origin);
    this.#options = options;
  }

  /** Reads the secrets for the upstream. */
  static async open(origin: ApiOrigin, options: ApiUpstreamOptions): Promise<ApiUpstream> {
    const { guard } = options;
    const read = async (secret: SecretReference, setting: string): Promise<string> => {
      const value = await (guard?.readSecret(secret, setting) ?? readSecret(secret, setting));
      return headerValue(value, describeSecret(secret, setting));
    };
    const headers: Record<string, string> = { accept: 'application/json' };
    for (const [name, secret] of Object.entries(origin.headers ?? {})) {
      headers[name.toLowerCase()] = await read(secret, `headers.${name}`);
    }
    if (origin.bearerToken !== undefined) {
      headers['authorization'] = `Bearer ${await read(origin.bearerToken, 'bearerTokenFile')}`;
    }
    return new ApiUpstream(origin, headers, options);
  }

  /** When the first answer arrived, by the upstream's clock if it sends the time. */
  get firstAnsweredAtMs(): number {
    return this.#firstAnsweredAtMs ?? Date.now();
  }

  /** Reads one page. Retries if the upstream fails or is busy, or if the page is truncated. */
  async readPage(query: ListQuery, reader: PageReader): Promise<ApiPage> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return this.#parsePage(await this.#get(query), reader);
      } catch (error) {
        this.close();
        const waitMs = attempt === ATTEMPTS ? null : waitBeforeRetry(error, attempt);
        if (waitMs === null) throw error;
        this.#options.report?.(`waiting ${waitMs} ms: ${(error as Error).message}`);
        await delay(waitMs, undefined, { signal: this.#options.signal });
      }
    }
  }

  /** Ends the turn of a large page, as the next page does. Call it when the last page is staged. */
  close(): void {
    this.#endTurn();
    this.#endTurn = (): void => {};
  }

  async #get(query: ListQuery): Promise<Buffer> {
    this.close();
    const { timeoutMs } = this.#origin;
    const { guard } = this.#options;
    const timeout = new Timeout(timeoutMs);
    const signal = AbortSignal.any([this.#options.signal, timeout.signal]);
    try {
      const url = withQuery(this.#list, query);
      const response = await httpGet({
        url,
        headers: this.#headers,
        credentials: this.#credentials,
        timeoutMs,
        guard,
        signal,
      });
      this.#firstAnsweredAtMs ??= upstreamTime(response);
      return await this.#readBody(response, timeout);
    } catch (error) {
      if (!timeout.signal.aborted || this.#options.signal.aborted) throw error;
      throw new RollcallError('UpstreamUnavailable', `${this.displayName} did not answer within ${timeoutMs} ms`);
    } finally {
      timeout.stop();
    }
  }

  async #readBody(response: HttpResponse, timeout: Timeout): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body) {
      const wasLarge = bytes > LARGE_PAGE_BYTES;
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_PAGE_BYTES) throw this.#invalid(`sent a page of more than ${MAX_PAGE_BYTES} bytes`);
      if (bytes > LARGE_PAGE_BYTES && !wasLarge) {
        // This wait doesn't count towards the upstream's timeout.
        timeout.stop();
        this.#endTurn = await beginTurn(this.#options.signal);
        timeout.start();
      }
    }
    return Buffer.concat(chunks);
  }

  #parsePage(bytes: Buffer, reader: PageReader): ApiPage {
    if (isHtmlPage(bytes)) throw this.#invalid(`sent ${HTML_INSTEAD}`);
    let page: DocumentSummary;
    try {
      page = reader(bytes);
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      // Don't show what it sent instead: it may be confidential.
      const reason = this.#options.guard === null ? `: ${error.message}` : '';
      throw this.#invalid(`did not send a page of a registry${reason}`);
    }
    const { metadata } = JSON.parse(page.envelope) as { metadata?: { nextCursor?: unknown; next_cursor?: unknown } };
    // The first version of the API uses the other name.
    const cursor = metadata?.nextCursor ?? metadata?.next_cursor ?? '';
    if (typeof cursor !== 'string' || cursor.length > MAX_CURSOR_LENGTH) throw this.#invalid('sent an unusable cursor');
    return { ...page, nextCursor: cursor === '' ? null : cursor };
  }

  #invalid(what: string): RollcallError {
    return new RollcallError('UpstreamInvalid', `${this.displayName} ${what}`);
  }
}

/** Describes the credentials that the upstream is sent, with the settings to change if it refuses them. */
function describeCredentials({ bearerToken, headers = {} }: ApiOrigin): string {
  const sent = [
    ...(bearerToken === undefined ? [] : [`the bearer token in ${describeSecret(bearerToken, 'bearerTokenFile')}`]),
    ...Object.entries(headers).map(
      ([name, secret]) => `the header ${name} in ${describeSecret(secret, `headers.${name}`)}`,
    ),
  ];
  return sent.length === 0 ? 'a request without credentials: set `bearerTokenFile` or `headers`' : sent.join(' and ');
}

/** @throws RollcallError `SecretUnavailable` if no header can have this value */
function headerValue(value: string, place: string): string {
  if (!/[^\t\u{20}-\u{7E}\u{80}-\u{FF}]/u.test(value)) return value;
  throw new RollcallError(
    'SecretUnavailable',
    `${place} has a line break or another character that can't be sent in a header: it must contain only the secret`,
  );
}

/** Waits for the turn of a large page. Returns a function that ends it. */
async function beginTurn(signal: AbortSignal): Promise<() => void> {
  const begun = Promise.withResolvers<() => void>();
  const ended = Promise.withResolvers<void>();
  const hold = async (): Promise<void> => {
    begun.resolve(ended.resolve);
    await ended.promise;
  };
  largePages.take(hold, { signal }).catch(begun.reject);
  return await begun.promise;
}

/** Aborts a request that takes too long. Can be paused. */
class Timeout {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    this.#timer = setTimeout(() => this.#controller.abort(), this.#milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** The URL of a registry's server list, whichever part of it was pasted. */
function listUrl(endpoint: string): URL {
  const url = new URL(endpoint);
  const path = withoutTrailingSlashes(url.pathname).replace(/\/servers$/, '');
  url.pathname = /\/v0(\.\d+)?$/.test(path) ? `${path}/servers` : `${path}/v0.1/servers`;
  return url;
}

/** A loop, because a regular expression takes quadratic time for a path with many slashes. */
function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

function withQuery(list: URL, { kind, since, limit, includeDeleted, cursor }: ListQuery): URL {
  const url = new URL(list);
  if (kind !== 'server') url.pathname = url.pathname.replace(/v0(\.\d+)?\/servers$/, `v0.1/x/dev.toolhive/${kind}s`);
  // Pasted parameters must not shorten the walk.
  for (const name of ['limit', 'include_deleted', 'cursor', 'updated_since']) url.searchParams.delete(name);
  if (limit !== null) url.searchParams.set('limit', String(limit));
  if (includeDeleted) url.searchParams.set('include_deleted', 'true');
  if (includeDeleted && kind !== 'server') url.searchParams.set('all_versions', 'true');
  if (since !== null) url.searchParams.set('updated_since', since);
  if (cursor !== undefined && cursor !== null) url.searchParams.set('cursor', cursor);
  return url;
}

function upstreamTime(response: HttpResponse): number {
  const date = Date.parse(response.header('date') ?? '');
  return Number.isNaN(date) ? Date.now() : date;
}

/** Milliseconds to wait before the next attempt; null if that can't help or would take too long. */
function waitBeforeRetry(error: unknown, attempt: number): number | null {
  if (!(error instanceof RollcallError) || error instanceof UpstreamRefusal) return null;
  const backoff = backoffMs(BACKOFF, attempt);
  if (error.type === 'UpstreamUnavailable' || error.type === 'UpstreamInvalid') return backoff;
  if (error.type !== 'UpstreamRateLimited') return null;
  const waitMs = Math.max(error.retryAfterMs ?? 0, backoff);
  return waitMs <= BACKOFF.longestMs ? waitMs : null;
}
