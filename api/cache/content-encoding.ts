/** Compression of pages. Not left to a middleware, because each encoding has its own entity tag and is cached. */
import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';
import { promisify } from 'node:util';
import {
  brotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  gzip,
  type BrotliOptions,
  type ZlibOptions,
} from 'node:zlib';
import type { Transform } from 'node:stream';

export type ContentEncoding = 'identity' | 'gzip' | 'br';

/** Smaller bodies fit into one or two packets. */
const MIN_COMPRESSED_BYTES = 1024;

/** Compresses JSON as well as the best level of gzip, in a fifth of the time of Brotli's default, 11. */
const BROTLI: BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const GZIP: ZlibOptions = { level: 6 };

const gzipAsync = promisify<string | Buffer, ZlibOptions, Buffer>(gzip);
const brotliAsync = promisify<string | Buffer, BrotliOptions, Buffer>(brotliCompress);

/** The part of Negotiator that is used here. Its published types don't know the option. */
interface EncodingNegotiator {
  encoding(available: string[], options: { readonly preferred: readonly string[] }): string | undefined;
}

/** Clients send few different headers. */
const known = new LRUCache<string, ContentEncoding>({ max: 100 });
const MAX_KNOWN_LENGTH = 200;

/** The encoding that the client prefers; Brotli if it likes several equally, since browsers name it last. */
export function preferredEncoding(request: Request): ContentEncoding {
  const header = request.headers['accept-encoding'];
  if (typeof header !== 'string') return 'identity';
  const found = known.get(header);
  if (found !== undefined) return found;
  const negotiator: EncodingNegotiator = new Negotiator(request);
  const accepted = negotiator.encoding(['br', 'gzip', 'identity'], { preferred: ['br', 'gzip'] });
  const encoding = accepted === 'br' || accepted === 'gzip' ? accepted : 'identity';
  if (header.length <= MAX_KNOWN_LENGTH) known.set(header, encoding);
  return encoding;
}

/** @param body with its length in bytes */
export function isWorthCompressing(body: { readonly length: number }): boolean {
  return body.length > MIN_COMPRESSED_BYTES;
}

export function compress(body: string | Buffer, encoding: 'gzip' | 'br'): Promise<Buffer> {
  return encoding === 'br' ? brotliAsync(body, BROTLI) : gzipAsync(body, GZIP);
}

/** A compressing stream, for bodies that are never complete in memory. */
export function compressor(encoding: 'gzip' | 'br'): Transform {
  return encoding === 'br' ? createBrotliCompress(BROTLI) : createGzip(GZIP);
}
