/** JSON bodies of requests and answers. Published documents are stored as they were sent, so their bytes are kept. */
import express, { type Request, type RequestHandler, type Response } from 'express';
import { HttpError } from './error.ts';

/** 1 MiB, after decompression. */
export const MAX_BODY_BYTES = 1024 * 1024;

const BYTE_ORDER_MARK = Buffer.from('\u{feff}');

const JSON_TYPES = ['application/json', 'application/*+json'];

/** ASCII is a part of UTF-8. */
const NOT_UTF8 = /;\s*charset\s*=\s*["']?(?!(?:utf-?8|(?:us-)?ascii)\b)[^\s;"']/i;

const readBytes: RequestHandler = express.raw({ type: JSON_TYPES, limit: MAX_BODY_BYTES });

/** Reads the body of a JSON request. A body that is too large is answered with 413. */
export const readBody: RequestHandler = (request, response, next) => {
  // Refuse it before it is read to the end.
  if (Number(request.get('content-length')) > MAX_BODY_BYTES) throw tooLarge();
  readBytes(request, response, (error?: unknown) => next(readingError(request, error)));
};

function readingError(request: Request, error: unknown): unknown {
  if (isTooLarge(error)) return tooLarge(error);
  if (!isFromZlib(error)) return error;
  const encoding = request.get('content-encoding');
  return new HttpError(400, `The body is not in the format that Content-Encoding names: ${encoding}`, { cause: error });
}

function isFromZlib(error: unknown): error is Error {
  // zlib names Brotli's errors `ERR__…`.
  return error instanceof Error && 'code' in error && /^(?:Z_|ERR__)/.test(String(error.code));
}

/** The error of body-parser. */
function isTooLarge(error: unknown): error is Error {
  return error instanceof Error && 'type' in error && error.type === 'entity.too.large';
}

function tooLarge(cause?: Error): HttpError {
  return new HttpError(413, `The body is larger than ${MAX_BODY_BYTES} bytes, the maximum`, { cause });
}

export interface JsonBody {
  readonly bytes: Buffer;
  readonly value: unknown;
}

/**
 * The body that `readBody` read.
 *
 * @throws HttpError 415 for another content type or charset, 400 without a body and for bytes that aren't UTF-8 or JSON.
 */
export function jsonBody(request: Request): JsonBody {
  return jsonOf(bodyBytes(request));
}

/** @throws HttpError 415 for another content type or charset, 400 without a body. */
export function bodyBytes(request: Request): Buffer {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes)) {
    throw request.is(JSON_TYPES) === false
      ? new HttpError(415, 'The body must be JSON, with Content-Type: application/json')
      : new HttpError(400, 'The request needs a body in JSON');
  }
  if (NOT_UTF8.test(request.get('content-type') ?? '')) {
    throw new HttpError(415, 'The body must be UTF-8, so Content-Type must not name another charset');
  }
  return bytes;
}

/** @throws HttpError 400 for bytes that aren't UTF-8 or JSON. */
export function jsonOf(bytes: Buffer): JsonBody {
  return { bytes: withoutByteOrderMark(bytes), value: parse(bytes) };
}

/** Some editors start a file with this mark, which isn't allowed in JSON. */
function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? bytes.subarray(BYTE_ORDER_MARK.length)
    : bytes;
}

function parse(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HttpError(400, 'The body is not valid UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, `The body is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Sends text that is already JSON. Clients don't store it. */
export function sendJson(response: Response, json: string): void {
  response.set('Cache-Control', 'no-store').type('application/json').send(json);
}
