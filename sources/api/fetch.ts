/** Reads sources of the kind `api`, page by page: registries that serve the v0.1 API. */
import { z } from 'zod';
import { DocumentReader } from '../../registry/document-reader.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import { RollcallError } from '../../registry/failure.ts';
import { compileFilter } from '../../registry/filter.ts';
import { type ApiPage, ApiUpstream, type ListQuery, type PageReader } from './upstream.ts';
import type { Check, Fetch, Fetched, SourceReader } from '../source-kind.ts';
import type { ApiOrigin } from './definition.ts';
import { acceptedQuery, type FirstPage, readFirstPage, refusedParameters } from './list-parameters.ts';
import { RecentEntries } from './recent-entries.ts';
import type { SnapshotStager } from '../../activities/staging/snapshot-stager.ts';

/** Clocks differ, and an entry can become visible slightly later than its date. */
const OVERLAP_MS = 5 * 60_000;
const PAGE_SIZE = 100;
/** Far more than any registry has. Ends the walk if an upstream invents a new cursor for each page. */
const MAX_PAGES = 100_000;

const state = z.object({
  /** RFC 3339, by the upstream's clock: entries may have changed since then. */
  watermark: z.string(),
  /** A digest of the entries that changed shortly before the watermark. */
  recent: z.string(),
  /** The query parameters that the upstream refused. */
  refused: z.string().optional(),
});
export type ApiState = z.output<typeof state>;

export const reader: SourceReader<ApiOrigin, ApiState> = { state, check: checkApi, fetch: fetchApi };

/**
 * Reads all pages or, after an earlier sync, only what has changed. Deleted entries are included, so that they become tombstones
 * with the upstream's own date and message.
 */
async function fetchApi(fetch: Fetch<ApiOrigin, ApiState>): Promise<Fetched<ApiState>> {
  const { origin, previous, guard, signal, progress, scheduledAtMs } = fetch;
  const sinceScheduledMs = Math.max(0, Date.now() - scheduledAtMs);
  const upstream = await ApiUpstream.open(origin, {
    guard,
    signal,
    report: (step) => progress.report({ step }),
  });
  // By the upstream's clock, when the first attempt of this fetch began.
  const watermarkMs = (): number => upstream.firstAnsweredAtMs - sinceScheduledMs;
  const wanted: ListQuery = {
    since: previous === null ? null : sinceWatermark(previous),
    limit: PAGE_SIZE,
    includeDeleted: true,
  };
  const recent = new RecentEntries();
  const accepted = await walk(fetch, upstream, {
    query: acceptedQuery(wanted, previous),
    onPage: ({ drafts }) => {
      const overlapFromMs = watermarkMs() - OVERLAP_MS;
      recent.add(drafts.filter(({ draft }) => Date.parse(draft.updatedAt ?? '') >= overlapFromMs));
    },
  }).finally(() => upstream.close());
  return {
    snapshot: 'staged',
    coverage: accepted.since === null ? 'complete' : 'partial',
    state: {
      watermark: new Date(watermarkMs()).toISOString(),
      recent: recent.digest(),
      ...refusedParameters(wanted, accepted),
    },
  };
}

/**
 * Asks for changes since the last fetch. Because of the overlap the answer always includes some entries; those that the last
 * fetch saw in the same state don't count. Anything that can't be compared may be new.
 */
async function checkApi(question: Check<ApiOrigin, ApiState>): Promise<'nothing' | 'maybe'> {
  const { origin, definition, previous, guard, signal } = question;
  const query = acceptedQuery({ since: sinceWatermark(previous), limit: PAGE_SIZE, includeDeleted: true }, previous);
  if (query.since === null) return 'maybe';
  const upstream = await ApiUpstream.open(origin, { guard, signal });
  const filter = compileFilter(definition.filter);
  const excludes = ({ name, tags }: EntryDraft): boolean => filter(name, tags) === 'excluded';
  const page = await upstream.readPage(query, {
    readPage: (bytes) => new DocumentReader({ format: 'upstream', syntax: 'json', excludes }).readAll(bytes),
  });
  upstream.close();
  if (page.nextCursor !== null || page.findings.some(({ severity }) => severity === 'rejection')) return 'maybe';
  const recent = new RecentEntries();
  recent.add(page.drafts);
  return recent.digest() === previous.recent ? 'nothing' : 'maybe';
}

function sinceWatermark(previous: ApiState): string | null {
  const watermark = Date.parse(previous.watermark);
  return Number.isNaN(watermark) ? null : new Date(watermark - OVERLAP_MS).toISOString();
}

interface Walk {
  readonly query: ListQuery;
  readonly onPage: (page: ApiPage) => void;
}

/** Reads and stages all pages. Returns the query that the upstream accepted. */
async function walk(
  { stager, resumeFrom }: Pick<Fetch, 'stager' | 'resumeFrom'>,
  upstream: ApiUpstream,
  wanted: Walk,
): Promise<ListQuery> {
  const { onPage } = wanted;
  const cursors = new Set<string>();
  let { page, query, readerOf } = await firstPage({ stager, resumeFrom }, upstream, wanted.query);
  for (let pages = 1; ; pages += 1) {
    onPage(page);
    await stager.stage(page);
    const cursor = page.nextCursor;
    if (cursor === null) return query;
    if (cursors.has(cursor) || pages === MAX_PAGES) {
      const what = pages === MAX_PAGES ? `does not end after ${pages} pages` : `repeats a cursor, on page ${pages}`;
      throw new RollcallError('UpstreamInvalid', `${upstream.displayName} ${what}: its pages never end`);
    }
    cursors.add(cursor);
    stager.resumeFrom(cursor);
    page = await upstream.readPage({ ...query, cursor }, readerOf(pages + 1));
  }
}

/** The page where an earlier attempt stopped, or the first page if the upstream no longer knows that cursor. */
async function firstPage(
  { stager, resumeFrom }: Pick<Fetch, 'stager' | 'resumeFrom'>,
  upstream: ApiUpstream,
  query: ListQuery,
): Promise<FirstPage & { readonly readerOf: (pageNumber: number) => PageReader }> {
  stager.resumeFrom(resumeFrom);
  const fromStart = pagesOf(stager, 'page');
  if (resumeFrom === null) {
    return { ...(await readFirstPage(upstream, query, fromStart(1))), readerOf: fromStart };
  }
  // The number of pages before the cursor is unknown.
  const readerOf = pagesOf(stager, `from the cursor ${JSON.stringify(resumeFrom.slice(0, 100))}: page`);
  try {
    return { query, page: await upstream.readPage({ ...query, cursor: resumeFrom }, readerOf(1)), readerOf };
  } catch (error) {
    const refused =
      error instanceof RollcallError && (error.type === 'UpstreamInvalid' || error.type === 'UpstreamNotFound');
    if (!refused) throw error;
    await stager.startOver();
    return { ...(await readFirstPage(upstream, query, fromStart(1))), readerOf: fromStart };
  }
}

/** Readers for the pages of a walk; the page number is part of each entry's location. */
function pagesOf(stager: SnapshotStager, prefix: string): (pageNumber: number) => PageReader {
  return (pageNumber) => ({ readPage: (bytes) => stager.readPage(bytes, `${prefix} ${pageNumber}`) });
}
