/** What the Temporal Web UI shows of a sync that ended well: Markdown. */
import type { SyncResult } from './contract.ts';

export function renderCounts({ outcome, counts, upstreamRevision }: SyncResult): string {
  const revision = upstreamRevision === undefined ? '' : ` at \`${upstreamRevision.replaceAll('`', '')}\``;
  return [
    `**${outcome}**${revision}`,
    '',
    '| entries | added | changed | removed | rejected | warnings |',
    '|---:|---:|---:|---:|---:|---:|',
    `| ${counts.entries} | ${counts.added} | ${counts.changed} | ${counts.removed} | ${counts.rejected} | ${counts.warnings} |`,
  ].join('\n');
}
