import type { Database } from '../../db/connection/database.ts';
import { rawRows } from './raw-rows.ts';

/** The tables that readers see, and those of findings about entries, which may be as many. */
const COUNTED_TABLES = [
  'source',
  'registry',
  'registry_source',
  'entry',
  'server_owner',
  'sync_finding',
  'sync_change',
] as const;
export type RowsWritten = Record<(typeof COUNTED_TABLES)[number], number>;

export const NOTHING_WRITTEN: RowsWritten = {
  source: 0,
  registry: 0,
  registry_source: 0,
  entry: 0,
  server_owner: 0,
  sync_finding: 0,
  sync_change: 0,
};

/**
 * The number of rows that were inserted or updated during the work. A written row is a new version, even with the same
 * values.
 */
export async function rowsWrittenBy(database: Database, work: () => Promise<unknown>): Promise<RowsWritten> {
  const before = await rowVersions(database);
  await work();
  const written = { ...NOTHING_WRITTEN };
  for (const [table, versions] of await rowVersions(database)) {
    written[table] = [...versions].filter((version) => before.get(table)?.has(version) !== true).length;
  }
  return written;
}

async function rowVersions(database: Database): Promise<Map<keyof RowsWritten, Set<string>>> {
  const versions = new Map<keyof RowsWritten, Set<string>>();
  for (const table of COUNTED_TABLES) {
    const rows = await rawRows<{ version: string }>(database, `select ctid || ' ' || xmin as version from ${table}`);
    versions.set(table, new Set(rows.map(({ version }) => version)));
  }
  return versions;
}
