/** Sources of the kind `file`: one registry document, from a path, a URL, or the definition itself. */
import { definitionDigest } from '../../registry/definition-digest.ts';
import type { FileOrigin } from '../../registry/source-definition.ts';
import type { CheckResult } from '../../workflows/contract.ts';
import { contentHash } from '../content-digest.ts';
import type { Check, Fetch, Fetched } from '../source-kind.ts';
import { checkPath, fetchPath } from './path.ts';
import { checkUrl, fetchUrl } from './url.ts';

export async function fetchFile(fetch: Fetch<FileOrigin>): Promise<Fetched> {
  const { location } = fetch.origin;
  if ('path' in location) return await fetchPath(fetch, location.path);
  if ('url' in location) return await fetchUrl(fetch, location);
  return await fetchInline(fetch, location.data);
}

export async function checkFile(question: Check<FileOrigin>): Promise<CheckResult['news']> {
  const { location } = question.origin;
  if ('path' in location) return await checkPath(location.path, question.previous);
  if ('url' in location) return await checkUrl(location, question);
  // A changed text is a changed definition, and then there is nothing to compare with.
  return 'nothing';
}

async function fetchInline({ definition, previous, stager }: Fetch, data: string): Promise<Fetched> {
  const bytes = Buffer.from(data);
  const contentDigest = contentHash().update(bytes).digest('hex');
  const fetchState = { definitionDigest: definitionDigest(definition), contentDigest };
  if (previous?.['contentDigest'] === contentDigest) {
    return { snapshot: 'unchanged', coverage: 'complete', fetchState };
  }
  const { envelope } = await stager.stageDocument({ name: 'data', bytes: chunksOf(bytes) });
  return { snapshot: 'staged', coverage: 'complete', fetchState, envelope };
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
