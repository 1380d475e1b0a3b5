/** Sources of the kind `api`: another registry that serves the v0.1 API, read page by page. */
import { Context } from '@temporalio/activity';
import { RollcallError } from '../registry/failure.ts';
import type { ApiOrigin } from '../registry/source-definition.ts';
import type { CheckResult, FetchState } from '../workflows/contract.ts';
import { type ApiPage, ApiUpstream, type ListQuery } from './api-upstream.ts';
import type { Check } from './check.ts';
import { definitionDigest, type Fetch, type Fetched } from './fetch.ts';

/** Clocks differ, and an entry may become visible a little after the time that it is dated with. */
const OVERLAP_MS = 5 * 60_000;
const PAGE_SIZE = 100;
/** Far more than any registry has: an upstream that invents a new cursor for each page comes to an end here. */
const MAX_PAGES = 100_000;

/**
 * Reads all pages; where something was applied before, only of what changed since. Deleted entries come along, so that
 * they become tombstones with the upstream's own date and message.
 */
export async function fetchApi(fetch: Fetch<ApiOrigin>): Promise<Fetched> {
  const { definition, origin, previous, guard, signal, progress } = fetch;
  const sinceScheduledMs = Math.max(0, Date.now() - Context.current().info.scheduledTimestampMs);
  const upstream = await ApiUpstream.open(origin, {
    guard,
    signal,
    report: (step) => progress.report({ step }),
  });
  const since = previous === null ? null : sinceWatermark(previous);
  await walk(fetch, upstream, { since, limit: PAGE_SIZE });
  return {
    snapshot: 'staged',
    coverage: since === null ? 'complete' : 'partial',
    fetchState: {
      definitionDigest: definitionDigest(definition),
      // By the upstream's clock, when the first attempt of this fetch began.
      watermark: new Date(upstream.firstAnsweredAtMs - sinceScheduledMs).toISOString(),
    },
  };
}

/** One entry at most is asked for: if there is none, nothing has changed. */
export async function checkApi({ origin, previous, guard, signal }: Check<ApiOrigin>): Promise<CheckResult['news']> {
  const since = sinceWatermark(previous);
  if (since === null) return 'maybe';
  const upstream = await ApiUpstream.open(origin, { guard, signal });
  const entries = await upstream.countEntries({ since, limit: 1 });
  return entries === 0 ? 'nothing' : 'maybe';
}

function sinceWatermark(previous: FetchState): string | null {
  const watermark = Date.parse(String(previous['watermark']));
  return Number.isNaN(watermark) ? null : new Date(watermark - OVERLAP_MS).toISOString();
}

async function walk({ stager, resumeFrom }: Fetch, upstream: ApiUpstream, query: ListQuery): Promise<void> {
  const cursors = new Set<string>();
  let page = await firstPage({ stager, resumeFrom }, upstream, query);
  for (let pages = 1; ; pages += 1) {
    await stager.stage(page);
    const cursor = page.nextCursor;
    if (cursor === null) return;
    if (cursors.has(cursor) || pages === MAX_PAGES) {
      const what = pages === MAX_PAGES ? `does not end after ${pages} pages` : `repeats a cursor, on page ${pages}`;
      throw new RollcallError('UpstreamInvalid', `${upstream.displayName} ${what}: it would be read for ever`);
    }
    cursors.add(cursor);
    stager.resumeFrom(cursor);
    page = await upstream.readPage({ ...query, cursor }, stager);
  }
}

/** The page that an earlier attempt got to, or the very first where the upstream does not know that cursor any more. */
async function firstPage(
  { stager, resumeFrom }: Pick<Fetch, 'stager' | 'resumeFrom'>,
  upstream: ApiUpstream,
  query: ListQuery,
): Promise<ApiPage> {
  stager.resumeFrom(resumeFrom);
  try {
    return await upstream.readPage({ ...query, cursor: resumeFrom }, stager);
  } catch (error) {
    const refused =
      error instanceof RollcallError && (error.type === 'UpstreamInvalid' || error.type === 'UpstreamNotFound');
    if (resumeFrom === null || !refused) throw error;
    await stager.startOver();
    return await upstream.readPage(query, stager);
  }
}
