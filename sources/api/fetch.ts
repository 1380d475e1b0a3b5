/** Reads sources of the kind `api`, page by page: registries that serve the v0.1 API. */
import { z } from 'zod';
import { DocumentReader } from '../../registry/document/reader.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import { ENTRY_KINDS, type EntryKind, kindOfName, SKILL_KINDS, type SkillKind } from '../../registry/entry-kind.ts';
import { RollcallError } from '../../registry/failure.ts';
import { compileFilter } from '../../registry/patterns/filter.ts';
import { type ApiPage, ApiUpstream, type ListQuery, type PageReader } from './upstream.ts';
import type { Check, Fetch, Fetched, SourceReader } from '../source-kind.ts';
import type { ApiOrigin } from './definition.ts';
import { acceptedQuery, type FirstPage, readFirstPage, refusedParameters } from './list-parameters.ts';
import { RecentEntries } from './recent-entries.ts';
import { firstSkillPage } from './skill-lists.ts';
import type { SnapshotStager } from '../../activities/staging/snapshot-stager.ts';

/** Clocks differ, and an entry can become visible slightly later than its date. */
const OVERLAP_MS = 5 * 60_000;
const PAGE_SIZE = 100;
/** Far more than any registry has. Ends the walk if an upstream invents a new cursor for each page. */
const MAX_PAGES = 100_000;

const state = z.object({
  /** A time by the upstream's clock (RFC 3339), since which entries may have changed. */
  watermark: z.string(),
  /** A digest of the entries that changed shortly before the watermark. */
  recent: z.string(),
  /** The query parameters that the upstream refused. */
  refused: z.string().optional(),
  /** The lists that the upstream has besides the one of servers. */
  lists: z.array(z.enum(SKILL_KINDS)).optional(),
});
export type ApiState = z.output<typeof state>;

export const reader: SourceReader<ApiOrigin, ApiState> = { state, check: checkApi, fetch: fetchApi };

/**
 * Reads all pages or, after an earlier sync, only what has changed: the list of servers, and those of skills and plugins if
 * the upstream has them. Deleted entries are included, so that they become tombstones with the upstream's own date and
 * message.
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
  const wanted = wantedQuery('server', previous === null ? null : sinceWatermark(previous));
  const recent = new RecentEntries();
  const onPage = ({ drafts }: ApiPage): void => {
    const overlapFromMs = watermarkMs() - OVERLAP_MS;
    recent.add(drafts.filter(({ draft }) => isRecent(draft, overlapFromMs)));
  };
  const walked = await walkLists(fetch, upstream, { query: acceptedQuery(wanted, previous), onPage }).finally(() =>
    upstream.close(),
  );
  return {
    snapshot: 'staged',
    coverage: walked.servers.since === null ? 'complete' : 'partial',
    ...(walked.absent.length > 0 && { absentKinds: [...walked.absent] }),
    state: {
      watermark: new Date(watermarkMs()).toISOString(),
      recent: recent.digest(),
      ...refusedParameters(wanted, walked.servers),
      lists: SKILL_KINDS.filter((kind) => !walked.absent.includes(kind)),
    },
  };
}

/** Not every registry has dates of skills and plugins. Without them, all are compared. */
function isRecent({ name, updatedAt }: EntryDraft, sinceMs: number): boolean {
  if (updatedAt === null) return kindOfName(name) !== 'server';
  return Date.parse(updatedAt) >= sinceMs;
}

/**
 * Asks for changes since the last fetch. Because of the overlap the answer always includes some entries; those that the last
 * fetch saw in the same state don't count. Anything that can't be compared may be new.
 */
async function checkApi(question: Check<ApiOrigin, ApiState>): Promise<'nothing' | 'maybe'> {
  const { origin, definition, previous, guard, signal } = question;
  const since = sinceWatermark(previous);
  const wanted = wantedQuery('server', since);
  const query = acceptedQuery(wanted, previous);
  if (query.since === null) return 'maybe';
  const upstream = await ApiUpstream.open(origin, { guard, signal });
  const filter = compileFilter(definition.filter);
  const excludes = ({ name, tags }: EntryDraft): boolean => filter(name, tags) === 'excluded';
  const readPage: PageReader = (bytes) =>
    new DocumentReader({ format: 'upstream', syntax: 'json', excludes }).readAll(bytes);
  const recent = new RecentEntries();
  for (const asked of [query, ...(previous.lists ?? []).map((kind) => wantedQuery(kind, since))]) {
    const page = await upstream.readPage(asked, readPage);
    upstream.close();
    if (page.nextCursor !== null || page.findings.some(({ severity }) => severity === 'rejection')) return 'maybe';
    recent.add(page.drafts);
  }
  return recent.digest() === previous.recent ? 'nothing' : 'maybe';
}

function wantedQuery<Kind extends EntryKind>(kind: Kind, since: string | null): ListQuery & { readonly kind: Kind } {
  return { kind, since, limit: PAGE_SIZE, includeDeleted: true };
}

function sinceWatermark(previous: ApiState): string | null {
  const watermark = Date.parse(previous.watermark);
  return Number.isNaN(watermark) ? null : new Date(watermark - OVERLAP_MS).toISOString();
}

interface Walk {
  /** The query for the list of servers. */
  readonly query: ListQuery;
  readonly onPage: (page: ApiPage) => void;
}

interface WalkedLists {
  /** The query for the list of servers that the upstream accepted. */
  readonly servers: ListQuery;
  /** The lists that the upstream doesn't have. */
  readonly absent: readonly SkillKind[];
}

/** A list to read, from a page on. */
interface ListStart {
  readonly kind: EntryKind;
  readonly first: FirstPage;
  readonly readerOf: (pageNumber: number) => PageReader;
}

/** Reads all lists, from the page where an earlier attempt stopped. */
async function walkLists(
  fetch: Fetch<ApiOrigin, ApiState>,
  upstream: ApiUpstream,
  { query, onPage }: Walk,
): Promise<WalkedLists> {
  const resumed = await resumedList(fetch, upstream, query);
  const absent: SkillKind[] = [];
  let servers = query;
  for (const kind of ENTRY_KINDS.slice(resumed === null ? 0 : ENTRY_KINDS.indexOf(resumed.kind))) {
    const start = resumed?.kind === kind ? resumed : await startOf(fetch, upstream, { kind, query });
    if (kind === 'server') servers = start?.first.query ?? query;
    else if (start === null) absent.push(kind);
    if (start !== null) await walk(fetch.stager, upstream, { start, onPage });
  }
  return { servers, absent };
}

/** Returns null if the upstream doesn't have the list. */
async function startOf(
  fetch: Fetch<ApiOrigin, ApiState>,
  upstream: ApiUpstream,
  { kind, query }: { readonly kind: EntryKind; readonly query: ListQuery },
): Promise<ListStart | null> {
  const readerOf = pagesOf(fetch.stager, kind === 'server' ? 'page' : `page of ${kind}s`);
  const first =
    kind === 'server'
      ? await readFirstPage(upstream, query, readerOf(1))
      : await firstSkillPage(fetch, upstream, { query: skillQuery(kind, query, fetch.previous), reader: readerOf(1) });
  return first && { kind, first, readerOf };
}

/** A list that wasn't read before is read as a whole. */
function skillQuery(
  kind: SkillKind,
  { since }: ListQuery,
  previous: ApiState | null,
): ListQuery & { readonly kind: SkillKind } {
  return wantedQuery(kind, previous?.lists?.includes(kind) === true ? since : null);
}

/** Reads and stages all pages of a list. */
async function walk(
  stager: SnapshotStager,
  upstream: ApiUpstream,
  { start, onPage }: Pick<Walk, 'onPage'> & { readonly start: ListStart },
): Promise<void> {
  const { kind, first, readerOf } = start;
  const { query } = first;
  const cursors = new Set<string>();
  let { page } = first;
  for (let pages = 1; ; pages += 1) {
    onPage(page);
    await stager.stage(page);
    const cursor = page.nextCursor;
    if (cursor === null) return;
    if (cursors.has(cursor) || pages === MAX_PAGES) {
      const what = pages === MAX_PAGES ? `does not end after ${pages} pages` : `repeats a cursor, on page ${pages}`;
      throw new RollcallError('UpstreamInvalid', `${upstream.displayName} ${what}: its pages never end`);
    }
    cursors.add(cursor);
    stager.resumeFrom(resumePoint(kind, cursor));
    page = await upstream.readPage({ ...query, cursor }, readerOf(pages + 1));
  }
}

/** The page where an earlier attempt stopped; null if there is none, or if the upstream no longer knows its cursor. */
async function resumedList(
  { stager, resumeFrom, previous }: Fetch<ApiOrigin, ApiState>,
  upstream: ApiUpstream,
  servers: ListQuery,
): Promise<ListStart | null> {
  stager.resumeFrom(resumeFrom);
  if (resumeFrom === null) return null;
  const { kind, cursor } = parseResumePoint(resumeFrom);
  // The number of pages before the cursor is unknown.
  const readerOf = pagesOf(stager, `from the cursor ${JSON.stringify(cursor.slice(0, 100))}: page`);
  const query = kind === 'server' ? servers : skillQuery(kind, servers, previous);
  try {
    return { kind, first: { query, page: await upstream.readPage({ ...query, cursor }, readerOf(1)) }, readerOf };
  } catch (error) {
    const refused =
      error instanceof RollcallError && (error.type === 'UpstreamInvalid' || error.type === 'UpstreamNotFound');
    if (!refused) throw error;
    await stager.startOver();
    return null;
  }
}

/** A cursor, and for skills and plugins the list that it belongs to. */
function resumePoint(kind: EntryKind, cursor: string): string {
  return kind === 'server' ? cursor : `${kind}\n${cursor}`;
}

function parseResumePoint(text: string): { readonly kind: EntryKind; readonly cursor: string } {
  const kind = SKILL_KINDS.find((candidate) => text.startsWith(`${candidate}\n`)) ?? 'server';
  return { kind, cursor: kind === 'server' ? text : text.slice(kind.length + 1) };
}

/** Readers for the pages of a walk; the page number is part of each entry's location. */
function pagesOf(stager: SnapshotStager, prefix: string): (pageNumber: number) => PageReader {
  return (pageNumber) => (bytes) => stager.readPage(bytes, `${prefix} ${pageNumber}`);
}
