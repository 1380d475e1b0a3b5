/** Finished answers: made once per revision of a registry, then sent from memory. */
import type { Request, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RegistryRow } from '../db/registries.ts';
import {
  compress,
  compressor,
  isWorthCompressing,
  preferredEncoding,
  type ContentEncoding,
} from './content-encoding.ts';
import { entityTag, matchesEntityTag } from './entity-tag.ts';

/** What is to be sent: everything that decides the body, and how to make it where it is not held yet. */
export interface Page {
  readonly registry: RegistryRow;
  /** Beside the registry and its revision: the resource and the query in one normal form. */
  readonly key: readonly (string | number | boolean | null)[];
  /** The body, JSON. Throws an HttpError where the answer is another one; that is not held. */
  readonly make: () => Promise<string>;
}

/** A page whose body is made in pieces. */
export interface StreamedPage extends Omit<Page, 'make'> {
  readonly pieces: () => AsyncIterable<string>;
}

export interface PagesOptions {
  /** Bytes of bodies that are held at most. */
  readonly maxBytes: number;
  /** Part of every entity tag: another version of this software may write another body. */
  readonly softwareVersion: string;
}

/** What an entry of the cache costs beside its body: its key, the buffer and the list's links. */
const OVERHEAD_BYTES = 400;

/**
 * Sends pages, and holds them under their entity tag, which names registry, revision, query and encoding. So a page
 * never has to be dropped when something changes: nobody asks for it again, and it falls out as the least recently used.
 */
export class Pages {
  readonly #bodies: LRUCache<string, Buffer>;
  /** Bodies that are being made: many who ask at once for a page cause one query. */
  readonly #inTheMaking = new Map<string, Promise<Buffer>>();
  readonly #softwareVersion: string;

  constructor({ maxBytes, softwareVersion }: PagesOptions) {
    this.#bodies = new LRUCache({ maxSize: maxBytes, sizeCalculation: (body) => body.length + OVERHEAD_BYTES });
    this.#softwareVersion = softwareVersion;
  }

  /** Answers with the page, or with 304 to a client that has it already, which costs neither query nor body. */
  async send(request: Request, response: Response, page: Page): Promise<void> {
    const tag = this.#tagOf(page);
    const encoding = preferredEncoding(request);
    if (sendNotModified(request, response, acceptableTags(tag, encoding))) return;

    const encoded = this.#bodies.get(quoted(tag, encoding));
    if (encoded !== undefined) {
      sendBody(response, { body: encoded, encoding, tag });
      return;
    }
    const body = await this.#body(quoted(tag, 'identity'), async () => Buffer.from(await page.make()));
    if (encoding === 'identity' || !isWorthCompressing(body)) {
      sendBody(response, { body, encoding: 'identity', tag });
      return;
    }
    const compressed = await this.#body(quoted(tag, encoding), () => compress(body, encoding));
    sendBody(response, { body: compressed, encoding, tag });
  }

  /**
   * The same for a body that is too large to be held: written piece by piece as it is made. An error after the first
   * piece cuts the answer off, which the client notices.
   */
  async stream(request: Request, response: Response, page: StreamedPage): Promise<void> {
    const tag = this.#tagOf(page);
    const encoding = preferredEncoding(request);
    if (sendNotModified(request, response, [quoted(tag, encoding)])) return;
    describeBody(response, { encoding, tag });
    const pieces = Readable.from(page.pieces());
    await (encoding === 'identity' ? pipeline(pieces, response) : pipeline(pieces, compressor(encoding), response));
  }

  #tagOf({ registry, key }: Pick<Page, 'registry' | 'key'>): string {
    return entityTag([this.#softwareVersion, registry.id, registry.createdAt, registry.revision, ...key]);
  }

  /** A held body, or the one that `make` makes; of several calls at a time the first one's. */
  async #body(key: string, make: () => Promise<Buffer>): Promise<Buffer> {
    const held = this.#bodies.get(key) ?? this.#inTheMaking.get(key);
    if (held !== undefined) return held;
    const making = make();
    this.#inTheMaking.set(key, making);
    try {
      const body = await making;
      this.#bodies.set(key, body);
      return body;
    } finally {
      this.#inTheMaking.delete(key);
    }
  }
}

/** A body's tag differs by encoding, as the bytes do. */
function quoted(tag: string, encoding: ContentEncoding): string {
  return encoding === 'identity' ? `"${tag}"` : `"${tag}-${encoding}"`;
}

/** The tags of the bodies that may be sent to this client: a small one is not compressed although it could be. */
function acceptableTags(tag: string, encoding: ContentEncoding): readonly string[] {
  return encoding === 'identity' ? [quoted(tag, encoding)] : [quoted(tag, encoding), quoted(tag, 'identity')];
}

/** Answers with 304 if the client has one of the bodies that it could be sent. */
function sendNotModified(request: Request, response: Response, tags: readonly string[]): boolean {
  response.setHeader('Cache-Control', 'no-cache');
  response.setHeader('Vary', 'Accept-Encoding, Authorization, Origin');
  const held = tags.find((tag) => matchesEntityTag(request.headers['if-none-match'], tag));
  if (held === undefined) return false;
  response.statusCode = 304;
  response.setHeader('ETag', held);
  response.end();
  return true;
}

interface EncodedBody {
  readonly body: Buffer;
  readonly encoding: ContentEncoding;
  readonly tag: string;
}

function sendBody(response: Response, { body, encoding, tag }: EncodedBody): void {
  describeBody(response, { encoding, tag });
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

function describeBody(response: Response, { encoding, tag }: Omit<EncodedBody, 'body'>): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('ETag', quoted(tag, encoding));
  if (encoding !== 'identity') response.setHeader('Content-Encoding', encoding);
}
