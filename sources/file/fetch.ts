/** Reads and watches file sources. */
import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { RollcallError } from '../../registry/failure.ts';
import type { Fetch, Fetched, SourceReader } from '../source-kind.ts';
import type { FileOrigin } from './definition.ts';
import { checkPath, fetchPath, type FileState, fileState } from './path.ts';
import { checkUrl, fetchUrl } from './url.ts';
import { watchPath } from './watch.ts';

export const reader: SourceReader<FileOrigin, FileState> = {
  state: fileState,
  check: async (question) => {
    const { location } = question.origin;
    if ('path' in location) return await checkPath(location.path, question.previous);
    if ('url' in location) return await checkUrl(location, question);
    // New data is a new definition, so there is no earlier state to compare with.
    return 'nothing';
  },
  fetch: async (fetch) => {
    const { location } = fetch.origin;
    if ('path' in location) return await fetchPath(fetch, location.path);
    if ('url' in location) return await fetchUrl(fetch, location);
    return await fetchInline(fetch, location.data);
  },
  watch: async (watch) => {
    const { location } = watch.origin;
    if ('path' in location) return await watchPath(location.path, watch);
    throw new RollcallError('DefinitionInvalid', `the source ${watch.definition.name} can't be watched`);
  },
};

async function fetchInline(
  { previous, stager }: Fetch<FileOrigin, FileState>,
  data: string,
): Promise<Fetched<FileState>> {
  const bytes = Buffer.from(data);
  const state = { contentDigest: hash('sha256', bytes, 'hex') };
  if (previous?.contentDigest === state.contentDigest) return { snapshot: 'unchanged', coverage: 'complete', state };
  const { envelope } = await stager.stageDocument({ name: 'data', bytes: Readable.from([bytes]) });
  return { snapshot: 'staged', coverage: 'complete', state, envelope };
}
