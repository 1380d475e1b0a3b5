/** Requests of one kind to an identity provider: bounded, never redirected, and paused for a while after an outage. */
import type { Logger } from 'pino';
import type { ProviderSettings } from '../../../config/model.ts';
import { describeSecret, readSecret } from '../../../config/secrets.ts';
import { boundedBody, exchange } from '../../../outbound/exchange.ts';
import { displayUrl } from '../../../outbound/redaction.ts';
import { Backoff } from './backoff.ts';
import { MAX_BODY_BYTES, ProviderConnections } from './provider-connections.ts';
import { ProviderUnavailable } from './rejection.ts';

const SILENCE_TIMEOUT_MS = 5_000;
const TOTAL_TIMEOUT_MS = 10_000;

export interface Question {
  readonly url: string;
  /**
   * Sent by POST, with the credentials of this registry's client at the provider. Without a form, the request is a GET.
   * A form contains data of one caller, so an answer to it says nothing about the provider's answers to other callers.
   */
  readonly form?: Readonly<Record<string, string>>;
}

/** The provider rejected this form. It may answer others. */
export class QuestionRejected extends Error {
  override readonly name = 'QuestionRejected';
}

/** Statuses that reject the form itself: malformed, too large, not processable. */
const REJECTING_STATUSES: ReadonlySet<number> = new Set([400, 413, 414, 422, 431]);
/** Statuses that mean an outage, in addition to those from 500 on: too slow, too many requests. */
const OUTAGE_STATUSES: ReadonlySet<number> = new Set([408, 429]);
/** Milliseconds between two log lines about unusable answers: callers can cause any number of them. */
const LOG_PAUSE_MS = 10_000;
/** Milliseconds until a client can try again after an unusable answer. */
const RETRY_AFTER_MS = 1_000;

/** The provider's answer can't be used. */
class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  get isOutage(): boolean {
    return this.status >= 500 || OUTAGE_STATUSES.has(this.status);
  }
}

export class ProviderClient {
  readonly #settings: ProviderSettings;
  readonly #logger: Logger;
  readonly #backoff = new Backoff();
  #warnedAt = Number.NEGATIVE_INFINITY;
  readonly #connections: ProviderConnections;

  constructor(settings: ProviderSettings, logger: Logger) {
    this.#settings = settings;
    this.#connections = new ProviderConnections(settings);
    this.#logger = logger;
  }

  /**
   * Sends a request, and reads the answer, which is JSON.
   *
   * After an outage (no connection, a timeout, 408, 429, 5xx) no question is sent until the pause is over. Any other
   * unusable answer to a form concerns that form alone. A question without a form is the same for all callers, so that
   * every unusable answer to it counts as an outage.
   *
   * @param read validates the answer; throws if it isn't usable.
   * @throws QuestionRejected if the provider rejects the form, ProviderUnavailable for everything else that goes wrong.
   */
  async ask<Answer>(question: Question, read: (answer: unknown) => Answer): Promise<Answer> {
    const pauseMs = this.#backoff.remainingMs();
    if (pauseMs > 0) throw this.#unavailable(pauseMs);
    try {
      const answer = await this.#send(question, read);
      this.#backoff.noteSuccess();
      return answer;
    } catch (cause) {
      const isAboutForm = question.form !== undefined && cause instanceof UnusableAnswer && !cause.isOutage;
      if (isAboutForm && REJECTING_STATUSES.has(cause.status)) throw new QuestionRejected(cause.message, { cause });
      this.#warn(question, cause, isAboutForm ? LOG_PAUSE_MS : 0);
      throw this.#unavailable(isAboutForm ? RETRY_AFTER_MS : this.#backoff.noteFailure(), cause);
    }
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #send<Answer>({ url, form }: Question, read: (answer: unknown) => Answer): Promise<Answer> {
    const target = new URL(url);
    const dispatcher = await this.#connections.dispatcherFor(target);
    const credentials = (form && (await this.#clientCredentials())) ?? (await this.#bearerToken());
    const response = await exchange({
      url: target,
      dispatcher,
      headers: {
        accept: 'application/json, application/jwk-set+json',
        ...(credentials !== undefined && { authorization: credentials }),
      },
      form,
      timeoutMs: SILENCE_TIMEOUT_MS,
      signal: AbortSignal.timeout(TOTAL_TIMEOUT_MS),
    });
    const { statusCode: status, body } = response;
    if (status === 401 || status === 403) {
      await body.dump();
      throw new UnusableAnswer(
        status,
        `It answered ${status}: it rejected ${this.#describeCredentials(form !== undefined)}`,
      );
    }
    if (status !== 200) {
      await body.dump();
      const hint = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
      throw new UnusableAnswer(status, `It answered ${status}${hint}`);
    }
    const bytes = await boundedBody(body, MAX_BODY_BYTES);
    if (bytes === null) throw new UnusableAnswer(status, `Its answer is larger than ${MAX_BODY_BYTES} bytes`);
    try {
      return read(JSON.parse(bytes.toString('utf8')));
    } catch (cause) {
      throw new UnusableAnswer(status, `Its answer can't be used: ${messageOf(cause)}`, { cause });
    }
  }

  /** `client_secret_basic`: both are encoded as in a form before they are joined (RFC 6749 section 2.3.1). */
  async #clientCredentials(): Promise<string | undefined> {
    const { clientId, clientSecret } = this.#settings;
    if (clientId === undefined || clientSecret === undefined) return undefined;
    const pair = [clientId, await readSecret(clientSecret, 'clientSecretFile')].map(formEncode).join(':');
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }

  /** Describes the credentials that the provider was sent, with the setting to change if it refuses them. */
  #describeCredentials(isForm: boolean): string {
    const { clientId, clientSecret, token } = this.#settings;
    if (isForm && clientId !== undefined && clientSecret !== undefined) {
      return `the client ${clientId} with the secret in ${describeSecret(clientSecret, 'clientSecretFile')}`;
    }
    if (token !== undefined) return `the bearer token in ${describeSecret(token, 'authTokenFile')}`;
    return 'a request without credentials: set `authTokenFile`, or for introspection `clientId` and `clientSecretFile`';
  }

  async #bearerToken(): Promise<string | undefined> {
    const { token } = this.#settings;
    return token === undefined ? undefined : `Bearer ${await readSecret(token, 'authTokenFile')}`;
  }

  #warn({ url }: Question, cause: unknown, pauseMs: number): void {
    const now = performance.now();
    if (now - this.#warnedAt < pauseMs) return;
    this.#warnedAt = now;
    this.#logger.warn(
      { err: cause, provider: this.#settings.name, url: displayUrl(url) },
      'identity provider unavailable',
    );
  }

  #unavailable(retryAfterMs: number, cause?: unknown): ProviderUnavailable {
    return new ProviderUnavailable(`The provider "${this.#settings.name}" cannot be asked`, { retryAfterMs, cause });
  }
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
