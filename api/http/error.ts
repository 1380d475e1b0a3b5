/** An error answer that can be thrown anywhere. */
import type { Fault } from '../../registry/server-json/check.ts';

/** The status is 400 to 599. The message is sent to the client and says what to do. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[] | undefined;

  constructor(
    status: number,
    message: string,
    options: { headers?: Readonly<Record<string, string>>; faults?: readonly Fault[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.headers = options.headers ?? {};
    this.faults = options.faults;
  }
}

/** Default `Retry-After` in seconds, while Postgres or Temporal is unavailable. */
const RETRY_AFTER_SECONDS = 5;

/** 503: a dependency is temporarily unavailable. */
export function unavailable(
  message: string,
  options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
): HttpError {
  const seconds = options.retryAfterMs === undefined ? RETRY_AFTER_SECONDS : Math.ceil(options.retryAfterMs / 1000);
  return new HttpError(503, message, {
    headers: { 'Retry-After': String(Math.max(1, seconds)) },
    cause: options.cause,
  });
}
