/** Errors for tokens that aren't accepted. */

/** The token, or the way it was sent, is wrong. The client needs another token. */
export class TokenRejected extends Error {
  override readonly name = 'TokenRejected';
  /** The error code of RFC 6750 section 3.1. */
  readonly code: 'invalid_request' | 'invalid_token';

  /** The message is sent to the client: ASCII without quotation marks and backslashes, and no part of the token. */
  constructor(message: string, options: { code?: 'invalid_request' | 'invalid_token'; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? 'invalid_token';
  }
}

/** The provider can't be reached, so the token can't be checked. */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';
  /** Milliseconds until the next attempt. */
  readonly retryAfterMs: number;

  constructor(message: string, options: { retryAfterMs: number; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}
