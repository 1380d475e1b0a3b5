/** Digests of content: an upstream without validators may still have sent the same bytes as before. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export function contentHash(): Hash {
  return createHash('sha256');
}

export async function* hashing(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}

/** The bytes of a file, until the signal aborts. In small chunks, so that other work can run between them. */
export function readFileBytes(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  return createReadStream(path, { signal });
}

export async function digestFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = contentHash();
  for await (const chunk of readFileBytes(path, signal)) hash.update(chunk);
  return hash.digest('hex');
}
