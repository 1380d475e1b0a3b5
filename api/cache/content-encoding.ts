/** Compression of answers, chosen here and not by a middleware: an entity tag belongs to one encoding of a body. */
import type { Request } from 'express';
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

/** Bodies up to 1 KiB fit into a packet or two anyway. */
const MIN_COMPRESSED_BYTES = 1024;

/** Quality 5 compresses JSON as small as gzip's best does, in a fifth of the time of brotli's default, 11. */
const BROTLI: BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const GZIP: ZlibOptions = { level: 6 };

const gzipAsync = promisify<Buffer, ZlibOptions, Buffer>(gzip);
const brotliAsync = promisify<Buffer, BrotliOptions, Buffer>(brotliCompress);

/**
 * The encoding of ours that the client likes best, brotli where it likes both alike (browsers name it last). Without
 * `Accept-Encoding` none.
 */
export function preferredEncoding(request: Request): ContentEncoding {
  const qualities = readQualities(request.headers['accept-encoding'] ?? '');
  const qualityOf = (encoding: string): number => qualities.get(encoding) ?? qualities.get('*') ?? 0;
  const [brotli, gzipped] = [qualityOf('br'), qualityOf('gzip')];
  if (brotli > 0 && brotli >= gzipped) return 'br';
  return gzipped > 0 ? 'gzip' : 'identity';
}

/** `gzip;q=0.5, br` as a map; 1 where no quality is given, 0 for one that is none. */
function readQualities(accepted: string): ReadonlyMap<string, number> {
  const parts = accepted.toLowerCase().split(',');
  return new Map(
    parts.map((part) => {
      const [encoding = '', quality = 'q=1'] = part.split(';').map((piece) => piece.trim());
      return [encoding, Number(/^q=([\d.]+)$/.exec(quality)?.[1] ?? 0)];
    }),
  );
}

export function isWorthCompressing(body: Buffer): boolean {
  return body.length > MIN_COMPRESSED_BYTES;
}

export function compress(body: Buffer, encoding: 'gzip' | 'br'): Promise<Buffer> {
  return encoding === 'br' ? brotliAsync(body, BROTLI) : gzipAsync(body, GZIP);
}

/** A stream that compresses what is written to it, for bodies that are never whole in memory. */
export function compressor(encoding: 'gzip' | 'br'): Transform {
  return encoding === 'br' ? createBrotliCompress(BROTLI) : createGzip(GZIP);
}
