/** The details of a finished sync in the Temporal Web UI: Markdown. */
import type { SyncListing, SyncResult } from '../contract/syncs.ts';

/** An applied sync: its counts, and the first entries of each kind if they were listed. */
export function renderResult({ outcome, counts, upstreamRevision }: SyncResult, listing?: SyncListing): string {
  const revision = upstreamRevision === undefined ? '' : ` at \`${upstreamRevision.replaceAll('`', '')}\``;
  const summary = [
    `**${outcome}**${revision}`,
    '',
    '| entries | added | changed | removed | rejected | warnings |',
    '|---:|---:|---:|---:|---:|---:|',
    `| ${counts.entries} | ${counts.added} | ${counts.changed} | ${counts.removed} | ${counts.rejected} | ${counts.warnings} |`,
  ].join('\n');
  if (listing === undefined) return summary;
  return [
    summary,
    ...renderRejected(listing.rejected, counts.rejected),
    ...renderEntries('Removed', listing.removed, counts.removed),
    ...renderEntries('Changed', listing.changed, counts.changed),
    ...renderEntries('Added', listing.added, counts.added),
  ].join('\n\n');
}

/** A failed or cancelled sync: the reason, and the first rejections. */
export function renderFailure(
  { outcome, type, message }: { readonly outcome: string; readonly type: string; readonly message: string },
  rejected: SyncListing['rejected'] = [],
): string {
  // The record of a sync that wasn't applied doesn't have the total number of rejections.
  return [`**${outcome}**: ${type}`, message, ...renderRejected(rejected, rejected.length)].join('\n\n');
}

function renderRejected(rejected: SyncListing['rejected'], total: number): string[] {
  const lines = rejected.map(({ entry, location, reason }) => {
    const where = location === undefined ? '' : ` (${verbatim(location)})`;
    return `${verbatim(entry)}${where}: ${verbatim(reason)}`;
  });
  return renderList('Rejected', lines, total);
}

function renderEntries(title: string, entries: readonly string[], total: number): string[] {
  return renderList(title, entries.map(verbatim), total);
}

function renderList(title: string, lines: readonly string[], total: number): string[] {
  if (lines.length === 0) return [];
  const more = total > lines.length ? [`and ${total - lines.length} more`] : [];
  return [`### ${title}\n\n${[...lines, ...more].map((line) => `- ${line}`).join('\n')}`];
}

/** Outside text, escaped so that none of it is read as Markdown. */
function verbatim(text: string): string {
  return `\`${text.replace(/[\s`]+/g, ' ').trim()}\``;
}
