/** The record of who changed what, and of who was refused: in Postgres, and as JSON lines. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { AuditSettings } from '../../config/model.ts';
import { addAuditEvents, completeAuditEvent, discardAuditEvent } from '../../db/upkeep/audit-events.ts';
import type { Database } from '../../db/connection/database.ts';
import type { AuditAction, AuditEvent, AuditOutcome, AuditTarget } from '../../registry/audit.ts';
import { toHttpError } from '../http/error-mapping.ts';
import type { HttpError } from '../http/error.ts';
import { EventWriter } from './event-writer.ts';
import { type AuditLines, openAuditLines } from './lines.ts';
import { isRecorded } from './recorded-actions.ts';
import { RefusalFilter } from './refusal-filter.ts';
import type { Sender } from './sender.ts';

/** What is about to be done. */
export interface RequestedChange {
  readonly sender: Sender;
  readonly action: AuditAction;
  readonly target: AuditTarget;
}

export interface AuditTrailOptions {
  readonly settings: AuditSettings;
  readonly database: Database;
  readonly logger: Logger;
}

/** Refusals that are no answer to a change. */
const REFUSALS: Readonly<Partial<Record<number, AuditAction>>> = {
  401: 'auth.unauthenticated',
  403: 'auth.denied',
  429: 'request.limited',
};

export class AuditTrail {
  readonly #options: AuditTrailOptions;
  readonly #lines: AuditLines;
  readonly #writer: EventWriter;
  readonly #filter = new RefusalFilter();
  readonly #told = new WeakSet<Error>();

  private constructor(options: AuditTrailOptions, lines: AuditLines) {
    this.#options = options;
    this.#lines = lines;
    this.#writer = new EventWriter({ ...options, beforeFlush: () => this.#addSummaries(Date.now()) });
  }

  /** @throws Error where the file for the lines cannot be written. */
  static async open(options: AuditTrailOptions): Promise<AuditTrail> {
    const { settings, logger } = options;
    return new AuditTrail(options, await openAuditLines(settings.enabled ? settings.logFile : undefined, logger));
  }

  /** Records what is held still, the refusals of this minute that were only counted included. */
  async close(): Promise<void> {
    this.#addSummaries(Infinity);
    await this.#writer.close();
    await this.#lines.close();
  }

  /**
   * Carries a change out between two writes to the record: that it was asked for, and what came of it. So nothing is
   * changed that is not on record, whenever this process ends, and who has an answer finds it there.
   *
   * @throws what `work` throws; what Postgres throws where the record cannot be begun, and then nothing is changed.
   */
  async change<Result>(requested: RequestedChange, work: () => Promise<Result>): Promise<Result> {
    if (!isRecorded(this.#options.settings, requested.action)) return await work();
    const begun = begunEvent(requested);
    await addAuditEvents(this.#options.database, [begun]);
    try {
      const result = await work();
      await this.#complete({ ...begun, outcome: 'success' });
      return result;
    } catch (error) {
      const { status, message } = toHttpError(error);
      if (error instanceof Error) this.#told.add(error);
      await this.#complete({ ...begun, outcome: outcomeOf(status), detail: { status, message } });
      throw error;
    }
  }

  /** Records a request that was refused for who sent it, or how often, unless it was a change, which tells that itself. */
  refused(sender: Sender, error: HttpError): void {
    const action = REFUSALS[error.status];
    if (action === undefined || this.#told.has(error) || !isRecorded(this.#options.settings, action)) return;
    this.#told.add(error);
    const target = { kind: 'request', name: sender.request, version: null, registry: null } as const;
    const { status, message } = error;
    const event: AuditEvent = {
      ...begunEvent({ sender, action, target }),
      outcome: 'denied',
      detail: { status, message },
    };
    if (this.#filter.admits(event)) this.#add(event);
  }

  async #complete(event: AuditEvent): Promise<void> {
    const { database, logger } = this.#options;
    try {
      if (event.outcome === 'denied' && !this.#filter.admits(event)) return await discardAuditEvent(database, event.id);
      this.#lines.write(event);
      await completeAuditEvent(database, event);
    } catch (error) {
      // What was done is done, and that it was asked for is on record: the answer must not say otherwise.
      logger.warn({ err: error, event: event.id }, 'the outcome of a change is recorded later');
      this.#writer.complete(event);
    }
  }

  #addSummaries(now: number): void {
    for (const summary of this.#filter.ended(now)) this.#add(summary);
  }

  #add(event: AuditEvent): void {
    this.#lines.write(event);
    this.#writer.add(event);
  }
}

function begunEvent({ sender, action, target }: RequestedChange): AuditEvent {
  const { identity, origin } = sender;
  const at = new Date().toISOString();
  return { id: randomUUID(), at, action, outcome: null, ...identity, ...origin, target, count: 1, detail: {} };
}

function outcomeOf(status: number): AuditOutcome {
  if (status === 401 || status === 403) return 'denied';
  return status < 500 ? 'failure' : 'error';
}
