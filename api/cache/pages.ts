/** Finished pages: made once per revision of a registry, then sent from memory. */
import type { Request, Response } from 'express';
import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Reader } from '../../db/connection/consistent-read.ts';
import { Turns } from '../../pacing/turns.ts';
import { DatabaseUnavailable } from '../../db/connection/availability.ts';
import { callerOf } from '../access/caller.ts';
import type { RegistryView } from '../access/visibility.ts';
import { whileConnected } from '../http/reader.ts';
import type { RegistryDirectory } from '../registry-directory.ts';
import { noteCacheResult } from './cache-result.ts';
import { type Body, BodyCache, bodyOf, isBody } from './bodies.ts';
import {
  compress,
  compressor,
  type ContentEncoding,
  isWorthCompressing,
  preferredEncoding,
} from './content-encoding.ts';
import { entityTag, matchesEntityTag } from './entity-tag.ts';
import { markStale } from './stale.ts';

/** Everything that determines a body, and how to make it if it isn't cached. */
export interface Page {
  readonly view: RegistryView;
  /** The only server that the body is about, so that changes of other servers don't affect it. Default: none. */
  readonly server?: string;
  /** The resource and the query in a normal form. The revision and the view are added. */
  readonly key: readonly (string | number | boolean | null)[];
  /**
   * Makes the body, JSON, or the pieces of one that is too large for the cache. Throws an HttpError for any other answer,
   * which isn't cached. `keep` caches other pages of the same view that were made at the same time.
   */
  readonly make: (keep: (key: Page['key'], body: string) => void) => Promise<string | Pieces>;
}

/** Everything that determines a body. */
type Subject = Pick<Page, 'view' | 'server' | 'key'>;

/** Makes a body in pieces, as long as the reader is connected. */
type Pieces = (reader: Reader) => AsyncIterable<string>;

/** A page whose body is always made in pieces. */
export interface StreamedPage extends Omit<Page, 'make'> {
  readonly pieces: Pieces;
}

export interface PagesOptions {
  readonly registries: RegistryDirectory;
  /** Bytes of cached bodies, at most. */
  readonly maxBytes: number;
  /** How many pages are made at a time. */
  readonly pagesAtOnce: number;
  /** Part of the tags of streamed bodies: another version may write another body. */
  readonly softwareVersion: string;
}

/** How many requests wait for pages to be made, and how long: a quick 503 is better than an answer too late. */
const MAX_WAITING = 500;
const MAX_WAIT_MS = 1_800;

/**
 * Sends pages and caches them under a key of registry, revision, the caller's view, and query. Only callers that see the
 * same share a page. Nothing is dropped after a change: pages of older revisions are not requested again and are
 * evicted as the least recently used.
 *
 * The key never leaves the process. A revision also changes with entries that the caller can't see, so entity tags
 * are made from the bytes of the body instead.
 */
export class Pages {
  readonly #registries: RegistryDirectory;
  readonly #bodies: BodyCache;
  readonly #making: Turns;
  readonly #softwareVersion: string;

  constructor({ registries, maxBytes, pagesAtOnce, softwareVersion }: PagesOptions) {
    this.#making = new Turns({ count: pagesAtOnce, maxWaiting: MAX_WAITING, maxWaitMs: MAX_WAIT_MS });
    this.#registries = registries;
    this.#bodies = new BodyCache(maxBytes);
    this.#softwareVersion = softwareVersion;
  }

  /** Memory of cached pages, in bytes. */
  get heldBytes(): number {
    return this.#bodies.heldBytes;
  }

  /** Sends the page, or 304 to a client that already has it. Neither costs a query if the page is cached. */
  async send(request: Request, response: Response, page: Page): Promise<void> {
    const key = this.#keyOf(page);
    const staleMs = this.#registries.staleMs();
    if (staleMs !== undefined) markStale(response, staleMs);
    const held = this.#bodies.get(key);
    noteCacheResult(response, held === undefined ? 'miss' : 'hit');
    const body = held ?? (await this.#make(key, page, staleMs));
    if (!isBody(body)) return await this.stream(request, response, { ...page, pieces: body });

    setPageHeaders(request, response);
    const accepted = preferredEncoding(request);
    if (isNotModified(request, response, { opaque: body.digest, accepted })) return;
    const encoding = isWorthCompressing(body) ? accepted : 'identity';
    const { content, length } = encoding === 'identity' ? body : await this.#compressed(key, body, encoding);
    setBodyHeaders(response, encoding, body.digest);
    response.setHeader('Content-Length', length);
    response.end(content);
  }

  /**
   * The same for a body that is too large for the cache: sent in chunks while it is made. An error before the first
   * chunk is answered like any other; a later one cuts the answer off, which the client notices. The work ends when the
   * client hangs up.
   */
  async stream(request: Request, response: Response, { pieces, ...page }: StreamedPage): Promise<void> {
    setPageHeaders(request, response);
    const encoding = preferredEncoding(request);
    const tag = this.#streamTag(page);
    if (tag !== undefined && isNotModified(request, response, { opaque: tag, accepted: encoding })) return;
    setBodyHeaders(response, encoding, tag);
    if (request.method === 'HEAD') return void response.end();
    await whileConnected(request, response, async (reader) => {
      const chunks = inChunks(pieces(reader));
      const first = await chunks.next();
      const body = Readable.from(continued(first, chunks));
      await (encoding === 'identity' ? pipeline(body, response) : pipeline(body, compressor(encoding), response));
    });
  }

  /** @throws DatabaseUnavailable while the registries are stale: then only cached pages can be sent. */
  async #make(key: string, page: Page, staleMs: number | undefined): Promise<Body | Pieces> {
    if (staleMs !== undefined) throw new DatabaseUnavailable();
    return await this.#bodies.getOrMake<Pieces>(key, async () => {
      const keep = (other: Page['key'], text: string): void => {
        this.#bodies.set(this.#keyOf({ ...page, key: other }), bodyOf(text));
      };
      const made = await this.#making.take(() => page.make(keep));
      return typeof made === 'string' ? bodyOf(made) : made;
    });
  }

  async #compressed(key: string, { content, digest }: Body, encoding: 'gzip' | 'br'): Promise<Body> {
    return await this.#bodies.getOrMake(`${key} ${encoding}`, async () => {
      const compressed = await compress(content, encoding);
      return { content: compressed, length: compressed.length, digest };
    });
  }

  /** The entity tag of a streamed body. Undefined for callers with a limited view, because the tag reveals the revision. */
  #streamTag(page: Subject): string | undefined {
    if (page.view.visibility !== 'all') return undefined;
    return hash('sha256', `${this.#softwareVersion} ${this.#keyOf(page)}`, 'base64url').slice(0, 22);
  }

  #keyOf({ view, server, key }: Subject): string {
    const { registry } = view;
    const token = server === undefined ? registry.revisionToken : this.#registries.serverToken(registry, server);
    return JSON.stringify([registry.id, token, view.key, ...key]);
  }
}

function setPageHeaders(request: Request, response: Response): void {
  response.setHeader('Cache-Control', cacheControl(request));
  response.setHeader('Vary', 'Accept-Encoding, Authorization, Origin');
}

/** Clients must revalidate each use. Shared caches must not store answers that depend on a token. */
export function cacheControl(request: Request): string {
  return callerOf(request).kind === 'token' ? 'private, no-cache' : 'no-cache';
}

/** Minimum characters of a chunk, except the last: small writes cost more than their content. */
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

/**
 * Answers 304 if the client has the body, uncompressed or in the encoding that it accepts.
 *
 * @param opaque identifies the body before compression
 */
function isNotModified(
  request: Request,
  response: Response,
  { opaque, accepted }: { readonly opaque: string; readonly accepted: ContentEncoding },
): boolean {
  const condition = request.headers['if-none-match'];
  if (condition === undefined) return false;
  const tag = [entityTag(opaque, accepted), entityTag(opaque, 'identity')].find((candidate) =>
    matchesEntityTag(condition, candidate),
  );
  if (tag === undefined) return false;
  response.setHeader('ETag', tag);
  response.writeHead(304).end();
  return true;
}

/** @param opaque identifies the body before compression; undefined if the body has no entity tag */
function setBodyHeaders(response: Response, encoding: ContentEncoding, opaque: string | undefined): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  if (opaque !== undefined) response.setHeader('ETag', entityTag(opaque, encoding));
  if (encoding !== 'identity') response.setHeader('Content-Encoding', encoding);
}
