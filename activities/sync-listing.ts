import type { Database } from '../db/connection/database.ts';
import { listChanges } from '../db/syncs/sync-changes.ts';
import { listFindings } from '../db/syncs/sync-findings.ts';
import type { SyncListing } from '../workflows/contract/syncs.ts';

/** Number of listed entries of each kind. */
const LISTED = 20;
/** Longest text in characters, so that a listing stays within a few kilobytes. */
const MAX_TEXT = 200;

/** The first entries that a sync added, changed, removed, and rejected, for the Web UI. */
export async function listSync(database: Database, syncRunId: string): Promise<SyncListing> {
  const page = { syncRunId, limit: LISTED, offset: 0 };
  const changes = await listChanges(database, page);
  const findings = await listFindings(database, page);
  const named = (kind: (typeof changes)[number]['kind']): string[] =>
    changes.filter((change) => change.kind === kind).map(({ name, version }) => short(`${name} ${version}`));
  return {
    added: named('added'),
    changed: named('changed'),
    removed: named('removed'),
    rejected: findings
      .filter(({ severity }) => severity === 'rejection')
      .map(({ name, version, location, reason }) => ({
        entry: short([name, version].filter((text) => text !== null).join(' ') || 'without a name'),
        ...(location !== null && { location: short(location) }),
        reason: short(reason),
      })),
  };
}

function short(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
