/** Answers with content that isn't a page of a registry. */
import { hash } from 'node:crypto';
import type { Request, Response } from 'express';
import { callerOf } from '../access/caller.ts';
import { compress, isWorthCompressing, preferredEncoding } from './content-encoding.ts';
import { matchesEntityTag } from './entity-tag.ts';
import { cacheControl } from './pages.ts';

export interface SentContent {
  readonly body: string;
  readonly contentType: string;
  /** An RFC 3339 date, or null if it isn't known. */
  readonly changedAt: string | null;
}

const VARY = 'Accept-Encoding, Authorization, Origin';
const YEAR_SECONDS = 365 * 24 * 3600;

/** The digest of a text, for its entity tag. */
function contentTag(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/**
 * The tag identifies the content, not the registry's revision: a client, or a job that compares files, sees a change only
 * if there is one. `If-Modified-Since` is not evaluated, since entries can disappear from a view without a newer date.
 */
export async function sendContent(
  request: Request,
  response: Response,
  { body: content, contentType, changedAt }: SentContent,
): Promise<void> {
  const body = Buffer.from(content);
  const encoding = isWorthCompressing(body) ? preferredEncoding(request) : 'identity';
  const digest = contentTag(content);
  const tag = encoding === 'identity' ? `"${digest}"` : `"${digest}-${encoding}"`;
  response.set({ ETag: tag, 'Cache-Control': cacheControl(request), Vary: VARY });
  if (changedAt !== null) response.set('Last-Modified', new Date(changedAt).toUTCString());
  if (isKnown(request, [tag, `"${digest}"`])) {
    response.status(304).end();
    return;
  }
  if (encoding !== 'identity') response.set('Content-Encoding', encoding);
  response.set('Content-Type', `${contentType}; charset=utf-8`);
  response.send(encoding === 'identity' ? body : await compress(body, encoding));
}

/**
 * Bytes whose digest is in their URL, so that they never change. They come from a repository, so browsers must not treat them as
 * a page of this server.
 */
export function sendImmutable(
  request: Request,
  response: Response,
  { bytes, digest, contentType }: { readonly bytes: Buffer; readonly digest: string; readonly contentType: string },
): void {
  const scope = callerOf(request).kind === 'token' ? 'private' : 'public';
  response.set({
    ETag: `"${digest}"`,
    'Cache-Control': `${scope}, max-age=${YEAR_SECONDS}, immutable`,
    Vary: 'Authorization, Origin',
    'Content-Type': contentType,
    'Content-Disposition': 'attachment',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  });
  if (isKnown(request, [`"${digest}"`])) response.status(304).end();
  else response.send(bytes);
}

function isKnown(request: Request, tags: readonly string[]): boolean {
  const condition = request.get('if-none-match');
  return condition !== undefined && tags.some((tag) => matchesEntityTag(condition, tag));
}
