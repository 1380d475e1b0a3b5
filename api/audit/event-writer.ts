/** Writes events to Postgres in the background. */
import type { Logger } from 'pino';
import { addAuditEvents, completeAuditEvent } from '../../db/upkeep/audit-events.ts';
import { isPassingDatabaseError } from '../../db/connection/availability.ts';
import type { Database } from '../../db/connection/database.ts';
import { auditEvents } from '../../telemetry/instruments.ts';
import { addGauges } from '../../telemetry/meter.ts';
import type { AuditEvent } from '../../registry/audit.ts';
import { newEvent } from './events.ts';
import { NO_SENDER } from './sender.ts';

const FLUSH_INTERVAL_MS = 500;
const BATCH_SIZE = 500;
/** Maximum number of events that are buffered while Postgres is unavailable. Newer ones are dropped and counted. */
const MAX_HELD = 10_000;

export interface EventWriterOptions {
  readonly database: Database;
  readonly logger: Logger;
  /** Called before each flush, to add events that are due. */
  readonly beforeFlush: () => void;
}

export class EventWriter {
  readonly #options: EventWriterOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #removeGauge: () => void;
  #added: AuditEvent[] = [];
  #completed: AuditEvent[] = [];
  #lost = 0;
  #flushing: Promise<void> | undefined;

  constructor(options: EventWriterOptions) {
    this.#options = options;
    this.#removeGauge = addGauges(() => [
      {
        name: 'rollcall.audit.events.pending',
        description: 'Audit events in memory that are not yet in the database',
        points: [{ value: this.#added.length + this.#completed.length }],
      },
    ]);
    this.#timer = setInterval(() => void this.#flush(), FLUSH_INTERVAL_MS).unref();
  }

  /** Queues an event to be added. */
  add(event: AuditEvent): void {
    if (this.#hasRoom()) this.#added.push(event);
  }

  /** Queues the outcome of an event that was stored without one. */
  complete(event: AuditEvent): void {
    if (this.#hasRoom()) this.#completed.push(event);
  }

  /** Writes the buffered events if the database is available. */
  async close(): Promise<void> {
    this.#removeGauge();
    clearInterval(this.#timer);
    await this.#flushing;
    await this.#flush();
    const held = this.#added.length + this.#completed.length + this.#lost;
    if (held > 0) this.#options.logger.error({ events: held }, 'audit events were lost: database unavailable');
  }

  #hasRoom(): boolean {
    if (this.#added.length + this.#completed.length < MAX_HELD) return true;
    this.#lose(1);
    return false;
  }

  #flush(): Promise<void> {
    this.#options.beforeFlush();
    this.#flushing ??= this.#writeHeld().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  async #writeHeld(): Promise<void> {
    const { database } = this.#options;
    try {
      while (this.#added.length > 0) {
        const batch = this.#added.slice(0, BATCH_SIZE);
        await this.#attempt(batch, () => addAuditEvents(database, batch));
        this.#added.splice(0, batch.length);
      }
      for (let event = this.#completed[0]; event !== undefined; event = this.#completed[0]) {
        const completed = event;
        await this.#attempt([event], () => completeAuditEvent(database, completed));
        this.#completed.shift();
      }
      await this.#tellLost();
    } catch {
      // Database unavailable: the next flush tries again.
    }
  }

  /** @throws temporary errors. Permanent errors are logged. */
  async #attempt(events: readonly AuditEvent[], write: () => Promise<void>): Promise<void> {
    try {
      await write();
      auditEvents.add(events.length, { result: 'written' });
    } catch (error) {
      if (isPassingDatabaseError(error)) throw error;
      this.#options.logger.error({ err: error, events }, 'audit events cannot be recorded');
      this.#lose(events.length);
    }
  }

  #lose(count: number): void {
    this.#lost += count;
    auditEvents.add(count, { result: 'dropped' });
  }

  async #tellLost(): Promise<void> {
    if (this.#lost === 0) return;
    const lost = this.#lost;
    const target = { kind: 'request', name: null, version: null, registry: null } as const;
    const event = newEvent({ ...NO_SENDER, action: 'audit.lost', outcome: 'error', target, count: lost });
    await addAuditEvents(this.#options.database, [event]);
    this.#lost -= lost;
    this.#options.logger.error({ events: lost }, 'audit events were lost');
  }
}
