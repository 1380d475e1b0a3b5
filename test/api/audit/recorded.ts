/** The audit events in the database, for tests. */
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

/** All events, oldest first. */
export async function recorded(database: Database): Promise<readonly AuditEvent[]> {
  return (await listAuditEvents(database, { limit: 10_000 })).toReversed();
}

/** Remembers what is recorded, and returns later events. */
export class News {
  readonly #database: Database;
  #known = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The events since then, oldest first; waits for a minimum number. */
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
