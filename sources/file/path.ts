/** A registry document in a file of this machine, or of a mounted ConfigMap, which is a symbolic link. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { RollcallError } from '../../registry/failure.ts';
import { type Fetch, type Fetched, syntaxOfName } from '../source-kind.ts';
import type { FileOrigin } from './definition.ts';

/** The state of a fetch: recognizes unchanged content. */
export const fileState = z.object({
  contentDigest: z.string().optional(),
  /** Properties of a file at a path. */
  mtimeMs: z.number().optional(),
  size: z.number().optional(),
  inode: z.string().optional(),
  /** Validators of a document at a URL. */
  etag: z.string().nullable().optional(),
  lastModified: z.string().nullable().optional(),
});
export type FileState = z.output<typeof fileState>;

/** Recognizes a changed file without reading it. */
export interface FileIdentity {
  readonly mtimeMs: number;
  readonly size: number;
  readonly inode: string;
  /** When the file's content or location last changed, in milliseconds since the epoch. */
  readonly changedAtMs: number;
}

export async function fetchPath(
  { previous, stager, signal }: Fetch<FileOrigin, FileState>,
  path: string,
): Promise<Fetched<FileState>> {
  const identity = await identifyFile(path);
  const { mtimeMs, size, inode } = identity;
  const state = { mtimeMs, size, inode };
  if (previous?.size === size && previous.contentDigest !== undefined) {
    const contentDigest = await digestFile(path, signal);
    if (contentDigest === previous.contentDigest) {
      return { snapshot: 'unchanged', coverage: 'complete', state: { ...state, contentDigest } };
    }
  }
  const hash = createHash('sha256');
  const bytes = hashing(createReadStream(path, { signal }), hash);
  const { envelope } = await stager.stageDocument({ name: path, bytes, syntax: syntaxOfName(path) });
  if (!isSameFile(identity, await identifyFile(path))) {
    throw new RollcallError('UpstreamUnavailable', `${path} changed while it was read`);
  }
  const contentDigest = hash.digest('hex');
  return {
    snapshot: 'staged',
    coverage: 'complete',
    state: { ...state, contentDigest },
    envelope,
    upstreamRevision: `sha256:${contentDigest.slice(0, 12)}`,
  };
}

async function digestFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function* hashing(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}

export async function checkPath(path: string, previous: FileState): Promise<'nothing' | 'maybe'> {
  return isSameFile(previous, await identifyFile(path)) ? 'nothing' : 'maybe';
}

/**
 * The file's time, size, and inode, through symbolic links.
 * @throws RollcallError `UpstreamNotFound`, `UpstreamDenied`, or `UpstreamUnavailable` if the file system fails
 */
export async function identifyFile(path: string): Promise<FileIdentity> {
  let stats;
  try {
    stats = await stat(path);
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  if (!stats.isFile()) throw new RollcallError('UpstreamNotFound', `${path} is not a file`);
  return { mtimeMs: stats.mtimeMs, size: stats.size, inode: String(stats.ino), changedAtMs: stats.ctimeMs };
}

export function isSameFile(known: FileState | FileIdentity, found: FileIdentity): boolean {
  return known.mtimeMs === found.mtimeMs && known.size === found.size && known.inode === found.inode;
}

function unreadable(path: string, error: NodeJS.ErrnoException): RollcallError {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
    return new RollcallError('UpstreamNotFound', `there is no file ${path}`, { cause: error });
  }
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new RollcallError('UpstreamDenied', `${path} can't be read by this process`, { cause: error });
  }
  return new RollcallError('UpstreamUnavailable', `${path} could not be read: ${error.message}`, { cause: error });
}
