/** Why a token does not help its sender. */

/** The token, or how it was sent, is wrong: nothing but another token changes that. */
export class TokenRejected extends Error {
  override readonly name = 'TokenRejected';
  /** As RFC 6750 section 3.1 names it. */
  readonly code: 'invalid_request' | 'invalid_token';

  /** The message is sent to the client: ASCII without quotation marks and backslashes, and nothing of the token. */
  constructor(message: string, options: { code?: 'invalid_request' | 'invalid_token'; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? 'invalid_token';
  }
}

/** The provider that would know could not be asked: the token may be right or wrong. */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';
  /** Milliseconds until it is asked again. */
  readonly retryAfterMs: number;

  constructor(message: string, options: { retryAfterMs: number; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}
