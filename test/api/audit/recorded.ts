/** What tests of the audit look at: the events that are in the database. */
import type { AuditSettings } from '../../../config/model.ts';
import { listAuditEvents } from '../../../db/upkeep/audit-events.ts';
import type { Database } from '../../../db/connection/database.ts';
import type { AuditEvent } from '../../../registry/audit.ts';
import { eventually } from '../../eventually.ts';

export const AUDIT: AuditSettings = {
  enabled: true,
  logFile: '/dev/null', // not to the output of the tests
  excludeEventTypes: [],
  retentionMs: 0,
};

/** All events, the oldest first. */
export async function recorded(database: Database): Promise<readonly AuditEvent[]> {
  return (await listAuditEvents(database, { limit: 10_000 })).toReversed();
}

/** Remembers what is recorded, and tells what came since. */
export class News {
  readonly #database: Database;
  #known = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The events that came since, the oldest first; waits until there are so many at least. */
  async next(count: number): Promise<readonly AuditEvent[]> {
    let events: readonly AuditEvent[] = [];
    await eventually(async () => {
      events = (await recorded(this.#database)).filter(({ id }) => !this.#known.has(id));
      return events.length >= count;
    }, `${count} events are recorded`);
    for (const { id } of events) this.#known.add(id);
    return events;
  }
}
