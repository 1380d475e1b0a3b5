/** Finished answers: made once per revision of a registry, then sent from memory. */
import type { Request, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Reader } from '../../db/connection/consistent-read.ts';
import { DatabaseUnavailable } from '../../db/connection/watch.ts';
import type { RegistryRow } from '../../db/configuration/registries.ts';
import { Turns } from '../../db/connection/turns.ts';
import { callerOf } from '../access/caller.ts';
import type { RegistryView } from '../access/visibility.ts';
import { whileConnected } from '../http/reader.ts';
import { REQUEST_ID_HEADER, requestIdOf } from '../http/request-id.ts';
import type { RegistryDirectory } from '../registry-directory.ts';
import { type Body, BodyCache, bodyOf, isBody } from './bodies.ts';
import {
  compress,
  compressor,
  type ContentEncoding,
  isWorthCompressing,
  preferredEncoding,
} from './content-encoding.ts';
import { markStale } from './stale.ts';
import { entityTag, matchesEntityTag } from './entity-tag.ts';

/** What is to be sent: everything that decides the body, and how to make it where it is not held yet. */
export interface Page {
  readonly view: RegistryView;
  /** The resource and the query in a normal form. Registry, revision, and view are added to it. */
  readonly key: readonly (string | number | boolean | null)[];
  /**
   * The body, JSON, or what writes it where it is too large to be held. Throws an HttpError where the answer is another
   * one; that is not held. `prepare` takes pages of the same view that come with it.
   */
  readonly make: (prepare: (following: PreparedPage) => void) => Promise<string | Pieces>;
}

/** A page that whoever is sent another one is likely to ask for next. */
export interface PreparedPage {
  /** As it will be asked for; undefined: not known, but it will be. */
  readonly url: string | undefined;
  readonly key: Page['key'];
  readonly body: string;
}

/** Makes a body in pieces, as long as the reader is there. */
type Pieces = (reader: Reader) => AsyncIterable<string>;

/** A page whose body is always made in pieces. */
export interface StreamedPage extends Omit<Page, 'make'> {
  readonly pieces: Pieces;
}

export interface PagesOptions {
  readonly registries: RegistryDirectory;
  /** Bytes of bodies that are held at most. */
  readonly maxBytes: number;
  /** How many pages are made at a time. */
  readonly pagesAtOnce: number;
  /** Part of the tags of streamed bodies: another version may write another body. */
  readonly softwareVersion: string;
}

/** An encoding in which a body may be sent. */
interface Variant {
  readonly encoding: ContentEncoding;
  /** The cache's key for the body in this encoding. */
  readonly key: string;
}

/** Names and values in turn, as the HTTP server takes them fastest. */
type RawHeaders = readonly string[];

/** How a URL is answered while its registry is as it was. */
interface Answer {
  readonly registry: RegistryRow;
  /** The opaque part of the entity tag if the body is streamed; undefined: streamed without one. */
  readonly streamTag: string | undefined;
  /** All headers but those that describe the body, and those of this one request. */
  readonly headers: RawHeaders;
  /** What may be sent to this client, the preferred one first: a small body is not compressed although it could be. */
  readonly variants: readonly Variant[];
}

/** Bytes of answers that are remembered at most, and what one takes beside its words: their headers are shared. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const ANSWER_BYTES = 500;
/** How many requests wait for pages to be made, and how long: a quick 503 is better than an answer too late. */
const MAX_WAITING = 500;
const MAX_WAIT_MS = 1_800;
/** How many sets of headers are kept to be shared: they differ by who may hold an answer, and hardly else. */
const MAX_SHARED_HEADERS = 50;

/**
 * Sends pages and caches them under a key of registry, revision, the caller's view, query, and encoding. Only callers
 * who see the same share a page. Nothing has to be dropped after a change: pages of older revisions are not requested
 * again and are evicted as the least recently used.
 *
 * The key never leaves the process. A revision also changes with entries that the caller can't see, so entity tags
 * are made from the bytes of the body instead.
 */
export class Pages {
  readonly #registries: RegistryDirectory;
  readonly #bodies: BodyCache;
  readonly #making: Turns;
  readonly #softwareVersion: string;
  /** By the words of the request. Bodies are not part of them, so that they are held once however they are asked for. */
  readonly #answers = new LRUCache<string, Answer>({
    maxSize: MAX_ANSWER_BYTES,
    sizeCalculation: (_answer, words) => words.length + ANSWER_BYTES,
  });
  readonly #headers = new LRUCache<string, RawHeaders>({ max: MAX_SHARED_HEADERS });

  constructor({ registries, maxBytes, pagesAtOnce, softwareVersion }: PagesOptions) {
    this.#making = new Turns({ count: pagesAtOnce, maxWaiting: MAX_WAITING, maxWaitMs: MAX_WAIT_MS });
    this.#registries = registries;
    this.#bodies = new BodyCache(maxBytes);
    this.#softwareVersion = softwareVersion;
  }

  /**
   * Answers what was asked for before in the same words, as long as the registry is at the same revision, with the
   * headers that it was answered with then; false: there is no such answer. So the hot path is two look-ups.
   */
  sendAgain(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const answer = this.#answers.get(wordsOf(request, request.url));
    if (answer === undefined || !this.#registries.isCurrent(answer.registry)) return false;
    return this.#sendHeld(request, response, answer);
  }

  /** Sends the page, or 304 to a client that already has it. Neither costs a query if the page is cached. */
  async send(request: Request, response: Response, page: Page): Promise<void> {
    const answer = this.#answerTo(request, response, page);
    const staleMs = this.#registries.staleMs();
    if (staleMs === undefined) this.#answers.set(wordsOf(request, request.originalUrl), answer);
    else markStale(response, staleMs);
    if (this.#sendHeld(request, response, answer)) return;

    if (staleMs !== undefined) throw new DatabaseUnavailable();
    const identity = uncompressed(answer);
    const [preferred = identity] = answer.variants;
    const body = await this.#bodies.getOrMake<Pieces>(identity.key, async () => {
      const prepare = (following: PreparedPage): void => this.#prepare(request, { page, answer }, following);
      const made = await this.#making.take(() => page.make(prepare));
      return typeof made === 'string' ? bodyOf(made) : made;
    });
    if (!isBody(body)) return await sendPieces(request, response, { answer, pieces: body });
    if (sendNotModified(request, response, { answer, opaque: body.digest })) return;
    const { encoding } = preferred;
    if (encoding === 'identity' || !isWorthCompressing(body.bytes)) {
      return sendBody(response, answer, { encoding: 'identity', body });
    }
    const compressed = await this.#bodies.getOrMake(preferred.key, async () => ({
      bytes: await compress(body.bytes, encoding),
      digest: body.digest,
    }));
    sendBody(response, answer, { encoding, body: compressed });
  }

  /**
   * The same for a body that is too large to be held: written chunk by chunk as it is made. An error before the first
   * chunk is answered as any other; a later one cuts the answer off, which the client notices. The body is made no
   * further once the client has hung up.
   */
  async stream(request: Request, response: Response, page: StreamedPage): Promise<void> {
    const answer = this.#answerTo(request, response, page);
    await sendPieces(request, response, { answer, pieces: page.pieces });
  }

  #answerTo(request: Request, response: Response, { view, key }: Pick<Page, 'view' | 'key'>): Answer {
    const { registry, visibility } = view;
    const variants = this.#variantsOf({ view, key }, preferredEncoding(request));
    response.setHeader('Cache-Control', cacheControl(request));
    response.setHeader('Vary', 'Accept-Encoding, Authorization, Origin');
    return {
      registry,
      // The tag names the revision, which a caller with a limited view must not be told.
      streamTag: visibility === 'all' ? variants.at(-1)?.key : undefined,
      headers: this.#sharedHeaders(response),
      variants,
    };
  }

  #variantsOf({ view, key }: Pick<Page, 'view' | 'key'>, encoding: ContentEncoding): readonly Variant[] {
    const parts = JSON.stringify([this.#softwareVersion, view.registry.revisionToken, view.key, ...key]);
    const identity: Variant = { encoding: 'identity', key: hash('sha256', parts, 'base64url').slice(0, 22) };
    return encoding === 'identity' ? [identity] : [{ encoding, key: `${identity.key}-${encoding}` }, identity];
  }

  /** Holds a page as if the sender of the request had asked for it already. */
  #prepare(
    request: Request,
    { page: { view }, answer }: { readonly page: Page; readonly answer: Answer },
    { url, key, body }: PreparedPage,
  ): void {
    const prepared = { ...answer, variants: this.#variantsOf({ view, key }, preferredEncoding(request)) };
    this.#bodies.set(uncompressed(prepared).key, bodyOf(body));
    if (url !== undefined) this.#answers.set(wordsOf(request, url), prepared);
  }

  /** The headers that are set so far, but for the one that no other answer has; the same ones are held once. */
  #sharedHeaders(response: Response): RawHeaders {
    const headers = Object.entries(response.getHeaders())
      .filter(([name]) => name !== REQUEST_ID_HEADER.toLowerCase())
      .flatMap(([name, value]) => [name, String(value)]);
    const text = headers.join('\n');
    const shared = this.#headers.get(text) ?? headers;
    this.#headers.set(text, shared);
    return shared;
  }

  #sendHeld(request: IncomingMessage, response: ServerResponse, answer: Answer): boolean {
    for (const { encoding, key } of answer.variants) {
      const body = this.#bodies.get(key);
      if (body === undefined) continue;
      if (sendNotModified(request, response, { answer, opaque: body.digest })) return true;
      const isForOthers = encoding === 'identity' && answer.variants.length > 1;
      if (isForOthers && isWorthCompressing(body.bytes)) continue;
      sendBody(response, answer, { encoding, body });
      return true;
    }
    return false;
  }
}

/** Every use of a held answer is to be asked for; one that a token had a part in is not to be held for others. */
export function cacheControl(request: Request): string {
  return callerOf(request).kind === 'token' ? 'private, no-cache' : 'no-cache';
}

/** Characters of a chunk, at least, but for the last: small writes cost more than what they carry. */
const CHUNK_LENGTH = 32 * 1024;

export async function* inChunks(pieces: AsyncIterable<string>): AsyncGenerator<string, void, void> {
  let chunk = '';
  for await (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

async function* continued(
  first: IteratorResult<string, void>,
  chunks: AsyncGenerator<string, void, void>,
): AsyncGenerator<string, void, void> {
  if (first.done === true) return;
  yield first.value;
  yield* chunks;
}

/** What decides the answer to a GET beside the registry's state. */
function wordsOf(request: IncomingMessage, url = ''): string {
  return `${callerOf(request).key} ${request.headers['accept-encoding'] ?? ''} ${url}`;
}

function uncompressed({ variants }: Answer): Variant {
  const variant = variants.at(-1);
  if (variant === undefined) throw new TypeError('A page can always be sent uncompressed');
  return variant;
}

/** Sends 304 if the client has the body, which `opaque` identifies, in an encoding that it accepts. */
function sendNotModified(
  request: IncomingMessage,
  response: ServerResponse,
  { answer: { headers, variants }, opaque }: { readonly answer: Answer; readonly opaque: string },
): boolean {
  const condition = request.headers['if-none-match'];
  if (condition === undefined) return false;
  const tag = variants
    .map(({ encoding }) => entityTag(opaque, encoding))
    .find((candidate) => matchesEntityTag(condition, candidate));
  if (tag === undefined) return false;
  response.writeHead(304, [...headers, ...ownHeaders(response), 'ETag', tag]).end();
  return true;
}

function sendBody(
  response: ServerResponse,
  { headers }: Answer,
  { encoding, body: { bytes, digest } }: { readonly encoding: ContentEncoding; readonly body: Body },
): void {
  response
    .writeHead(200, [
      ...headers,
      ...ownHeaders(response),
      ...bodyHeaders(encoding, digest),
      'Content-Length',
      String(bytes.length),
    ])
    .end(bytes);
}

async function sendPieces(
  request: Request,
  response: Response,
  { answer, pieces }: { readonly answer: Answer; readonly pieces: Pieces },
): Promise<void> {
  const { streamTag } = answer;
  if (streamTag !== undefined && sendNotModified(request, response, { answer, opaque: streamTag })) return;
  const [{ encoding } = uncompressed(answer)] = answer.variants;
  const headers = (): string[] => [...answer.headers, ...ownHeaders(response), ...bodyHeaders(encoding, streamTag)];
  if (request.method === 'HEAD') return void response.writeHead(200, headers()).end();
  await whileConnected(request, response, async (reader) => {
    const chunks = inChunks(pieces(reader));
    const first = await chunks.next();
    response.writeHead(200, headers());
    const body = Readable.from(continued(first, chunks));
    await (encoding === 'identity' ? pipeline(body, response) : pipeline(body, compressor(encoding), response));
  });
}

/** What no other answer has. */
function ownHeaders({ req }: ServerResponse): RawHeaders {
  return [REQUEST_ID_HEADER, requestIdOf(req)];
}

/** @param opaque identifies the body before compression; undefined: the body has no entity tag */
function bodyHeaders(encoding: ContentEncoding, opaque: string | undefined): RawHeaders {
  return [
    'Content-Type',
    'application/json; charset=utf-8',
    ...(opaque === undefined ? [] : ['ETag', entityTag(opaque, encoding)]),
    ...(encoding === 'identity' ? [] : ['Content-Encoding', encoding]),
  ];
}
