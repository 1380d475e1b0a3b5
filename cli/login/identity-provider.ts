/** Requests to the identity provider as a public client (without a secret). */
import {
  allowInsecureRequests,
  ClientError,
  type Configuration,
  discovery,
  None,
  ResponseBodyError,
} from 'openid-client';
import { isLoopbackHost } from '../../registry/loopback.ts';
import { describeConnectionError } from '../server/server-errors.ts';
import { CommandFailure } from '../terminal/failure.ts';

export interface RegisteredClient {
  readonly issuer: string;
  readonly clientId: string;
}

/** Messages for OAuth error codes (RFC 6749 section 5.2). For other codes the provider's description is shown. */
type Explanations = Readonly<Record<string, string>>;

const REQUEST_TIMEOUT_S = 15;

/**
 * Discovers the provider's endpoints (OpenID Connect Discovery).
 *
 * @throws CommandFailure if the provider can't be reached or its metadata is invalid
 */
export function discoverProvider({ issuer, clientId }: RegisteredClient): Promise<Configuration> {
  const url = new URL(issuer);
  return askProvider(issuer, {}, () =>
    discovery(url, clientId, undefined, None(), {
      timeout: REQUEST_TIMEOUT_S,
      execute: isLoopbackHost(url.hostname) ? [allowInsecureRequests] : [],
    }),
  );
}

/** Runs a request to the provider. Errors become a `CommandFailure` that names the provider. */
export async function askProvider<Answer>(
  issuer: string,
  explanations: Explanations,
  question: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await question();
  } catch (error) {
    const explanation = error instanceof ResponseBodyError ? explanations[error.error] : undefined;
    const description = describeProviderError(error);
    throw new CommandFailure(
      explanation === undefined ? `Request to ${issuer} failed: ${description}` : `${explanation} (${description})`,
    );
  }
}

function describeProviderError(error: unknown): string {
  if (error instanceof ResponseBodyError) {
    return [error.error, error.error_description].filter((text) => text !== undefined).join(': ');
  }
  // The library's own message is generic; the cause has the details.
  if (error instanceof Error && error.cause instanceof Error) return describeProviderError(error.cause);
  if (error instanceof ClientError && error.cause instanceof Response) {
    return `${error.message}: HTTP ${error.cause.status}`;
  }
  return describeConnectionError(error);
}
