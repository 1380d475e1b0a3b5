/** A registry document behind a URL: requested with the last validators, and stored on disk while it is read. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Check, type Fetch, type Fetched, syntaxOfName } from '../source-kind.ts';
import type { FileOrigin } from './definition.ts';
import type { FileState } from './path.ts';
import { httpGet, type HttpResponse } from '../../outbound/http.ts';
import { displayUrl } from '../../outbound/redaction.ts';
import type { Progress } from '../../activities/progress.ts';
import { inWorkFolder } from '../work-folder.ts';
import { DiskAllowanceExceeded, fetchToDisk } from '../disk-allowance.ts';

export interface UrlLocation {
  readonly url: string;
  /** Longest time without a byte, in milliseconds. */
  readonly timeoutMs: number;
}

export async function fetchUrl(
  fetch: Fetch<FileOrigin, FileState>,
  location: UrlLocation,
): Promise<Fetched<FileState>> {
  return await fetchToDisk(fetch.signal, (maxBytes, signal) => fetchWithin(maxBytes, { ...fetch, signal }, location));
}

async function fetchWithin(
  maxBytes: number,
  fetch: Fetch<FileOrigin, FileState>,
  location: UrlLocation,
): Promise<Fetched<FileState>> {
  const { previous, stager, progress, guard, signal } = fetch;
  const url = new URL(location.url);
  const { timeoutMs } = location;
  const response = await httpGet({ url, timeoutMs, guard, signal, headers: conditions(previous) });
  if (response.status === 304 && previous !== null) {
    await response.discard();
    return { snapshot: 'unchanged', coverage: 'complete', state: previous };
  }
  return await inWorkFolder(async (folder) => {
    const file = join(folder, 'document');
    const contentDigest = await download(response, { url, file, maxBytes, progress });
    const state = {
      etag: response.header('etag') ?? null,
      lastModified: response.header('last-modified') ?? null,
      contentDigest,
    };
    if (contentDigest === previous?.contentDigest) {
      return { snapshot: 'unchanged', coverage: 'complete', state };
    }
    const isYaml = response.header('content-type')?.includes('yaml') ?? false;
    const syntax = isYaml ? 'yaml' : syntaxOfName(url.pathname);
    const { envelope } = await stager.stageDocument({
      name: displayUrl(url),
      bytes: createReadStream(file, { signal }),
      syntax,
    });
    const upstreamRevision = state.etag ?? `sha256:${contentDigest.slice(0, 12)}`;
    return { snapshot: 'staged', coverage: 'complete', state, envelope, upstreamRevision };
  });
}

/** Without validators the upstream can't say that nothing is new. */
export async function checkUrl(
  location: UrlLocation,
  { previous, guard, signal }: Pick<Check<FileOrigin, FileState>, 'previous' | 'guard' | 'signal'>,
): Promise<'nothing' | 'maybe'> {
  const headers = conditions(previous);
  if (Object.keys(headers).length === 0) return 'maybe';
  const { url, timeoutMs } = location;
  const response = await httpGet({ url: new URL(url), timeoutMs, guard, signal, headers });
  await response.discard();
  return response.status === 304 ? 'nothing' : 'maybe';
}

function conditions(previous: FileState | null): Record<string, string> {
  const etag = previous?.etag;
  const lastModified = previous?.lastModified;
  return {
    ...(typeof etag === 'string' && { 'if-none-match': etag }),
    ...(typeof lastModified === 'string' && { 'if-modified-since': lastModified }),
  };
}

/** Writes the answer, at most `maxBytes` uncompressed, into a file, and returns the digest of its content. */
async function download(
  response: HttpResponse,
  { url, file, maxBytes, progress }: { url: URL; file: string; maxBytes: number; progress: Progress },
): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    response.body,
    async function* counted(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) {
          throw new DiskAllowanceExceeded('UpstreamInvalid', `${displayUrl(url)} has more than ${maxBytes} bytes`);
        }
        yield chunk;
      }
    },
    createWriteStream(file),
  );
  progress.report({ bytes });
  return hash.digest('hex');
}
