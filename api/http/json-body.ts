/** JSON bodies of requests and answers. Published documents are stored as they were sent, so their bytes are kept. */
import express, { type Request, type RequestHandler, type Response } from 'express';
import { HttpError } from './error.ts';

/** 1 MiB, after decompression. */
export const MAX_BODY_BYTES = 1024 * 1024;

const BYTE_ORDER_MARK = Buffer.from('\u{feff}');

const JSON_TYPES = ['application/json', 'application/*+json'];

const readBytes: RequestHandler = express.raw({ type: JSON_TYPES, limit: MAX_BODY_BYTES });

/** Reads the body of a JSON request. A body that is too large is answered with 413. */
export const readBody: RequestHandler = (request, response, next) => {
  // Refuse it before it is read to the end.
  if (Number(request.get('content-length')) > MAX_BODY_BYTES) throw tooLarge();
  readBytes(request, response, (error?: unknown) => next(isTooLarge(error) ? tooLarge(error) : error));
};

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
 * @throws HttpError 415 for another content type, 400 without a body and for bytes that aren't UTF-8 or JSON.
 */
export function jsonBody(request: Request): JsonBody {
  return jsonOf(bodyBytes(request));
}

/** @throws HttpError 415 for another content type, 400 without a body. */
export function bodyBytes(request: Request): Buffer {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes)) {
    throw request.is(JSON_TYPES) === false
      ? new HttpError(415, 'The body must be JSON, with Content-Type: application/json')
      : new HttpError(400, 'The request needs a body in JSON');
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
