/** The audit trail: changes and refusals, with their callers. In Postgres, and as JSON lines. */
import type { Logger } from 'pino';
import type { AuditSettings } from '../../config/model.ts';
import { addAuditEvents, completeAuditEvent, discardAuditEvent } from '../../db/upkeep/audit-events.ts';
import type { Database } from '../../db/connection/database.ts';
import { auditEvents, changes } from '../../telemetry/instruments.ts';
import type { AuditAction, AuditEvent, AuditOutcome, AuditTarget } from '../../registry/audit.ts';
import { toHttpError } from '../http/error-mapping.ts';
import type { HttpError } from '../http/error.ts';
import { EventWriter } from './event-writer.ts';
import { isRecorded, newEvent } from './events.ts';
import { type AuditLines, openAuditLines } from './lines.ts';
import { RefusalFilter } from './refusal-filter.ts';
import type { Sender } from './sender.ts';

/** A change before it is made. */
export interface RequestedChange {
  readonly sender: Sender;
  readonly action: AuditAction;
  readonly target: AuditTarget;
}

/** An event of a request that changed nothing. */
export interface Occurrence {
  readonly sender: Sender;
  readonly action: AuditAction;
  /** Default: the request. */
  readonly target?: AuditTarget;
  readonly outcome: AuditOutcome;
  readonly detail?: AuditEvent['detail'];
}

export interface AuditTrailOptions {
  readonly settings: AuditSettings;
  readonly database: Database;
  readonly logger: Logger;
}

/** Actions of refused requests that aren't changes. */
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

  /** @throws Error if the log file can't be written. */
  static async open(options: AuditTrailOptions): Promise<AuditTrail> {
    const { settings, logger } = options;
    return new AuditTrail(options, await openAuditLines(settings.enabled ? settings.logFile : undefined, logger));
  }

  /** Writes everything that is buffered, including the summaries of this minute's refusals. */
  async close(): Promise<void> {
    this.#addSummaries(Infinity);
    await this.#writer.close();
    await this.#lines.close();
  }

  /**
   * Makes a change between two writes to the trail: the request, and its outcome. So every change is recorded even if this
   * process ends in between, and clients that have an answer find its event.
   *
   * @throws errors of `work`, and errors of Postgres if the request can't be recorded. Then nothing is changed.
   */
  async change<Result>(requested: RequestedChange, work: () => Promise<Result>): Promise<Result> {
    const { action } = requested;
    try {
      const result = await this.#recorded(requested, work);
      changes.add(1, { action, outcome: 'success' });
      return result;
    } catch (error) {
      changes.add(1, { action, outcome: outcomeOf(toHttpError(error).status) });
      throw error;
    }
  }

  async #recorded<Result>(requested: RequestedChange, work: () => Promise<Result>): Promise<Result> {
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

  /** Records an event that isn't a change, within a second. Many failures are summarized. */
  occurred({ sender, action, target = requestTarget(sender), outcome, detail = {} }: Occurrence): void {
    if (!isRecorded(this.#options.settings, action)) return;
    const event: AuditEvent = { ...begunEvent({ sender, action, target }), outcome, detail };
    if (outcome === 'success' || this.#filter.admits(event)) this.#add(event);
  }

  /** Records a refused request. Changes record their own refusals. */
  refused(sender: Sender, error: HttpError): void {
    const action = REFUSALS[error.status];
    if (action === undefined || this.#told.has(error)) return;
    this.#told.add(error);
    const { status, message } = error;
    this.occurred({ sender, action, outcome: 'denied', detail: { status, message } });
  }

  async #complete(event: AuditEvent): Promise<void> {
    const { database, logger } = this.#options;
    try {
      if (event.outcome === 'denied' && !this.#filter.admits(event)) return await discardAuditEvent(database, event.id);
      this.#lines.write(event);
      await completeAuditEvent(database, event);
      auditEvents.add(1, { result: 'written' });
    } catch (error) {
      // The change was made and its request is recorded, so the answer must not be an error.
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

function requestTarget({ request }: Sender): AuditTarget {
  return { kind: 'request', name: request, version: null, registry: null };
}

function begunEvent({ sender, action, target }: RequestedChange): AuditEvent {
  return newEvent({ ...sender.identity, ...sender.origin, action, outcome: null, target });
}

function outcomeOf(status: number): AuditOutcome {
  if (status === 401 || status === 403) return 'denied';
  return status < 500 ? 'failure' : 'error';
}
