/** Speaking with the identity provider, as a public client: one that has no secret. */
import {
  allowInsecureRequests,
  ClientError,
  type Configuration,
  discovery,
  None,
  ResponseBodyError,
} from 'openid-client';
import { isLoopbackUrl } from '../run/addresses.ts';
import { describeConnectionError } from '../server/certificate-authorities.ts';
import { CommandFailure } from '../terminal/failure.ts';

export interface RegisteredClient {
  readonly issuer: string;
  readonly clientId: string;
}

/** What the `error` of an answer (RFC 6749 section 5.2) means to who asked; others are told in the provider's words. */
type Explanations = Readonly<Record<string, string>>;

const REQUEST_TIMEOUT_S = 15;

/**
 * Finds the provider's endpoints (OpenID Connect Discovery).
 *
 * @throws CommandFailure where it can't be reached, or is not what it should be
 */
export function discoverProvider({ issuer, clientId }: RegisteredClient): Promise<Configuration> {
  const url = new URL(issuer);
  return askProvider(issuer, {}, () =>
    discovery(url, clientId, undefined, None(), {
      timeout: REQUEST_TIMEOUT_S,
      execute: isLoopbackUrl(url) ? [allowInsecureRequests] : [],
    }),
  );
}

/** Asks; what goes wrong becomes a failure that names the provider. */
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
      explanation === undefined ? `${issuer} can't be asked: ${description}` : `${explanation} (${description})`,
    );
  }
}

function describeProviderError(error: unknown): string {
  if (error instanceof ResponseBodyError) {
    return [error.error, error.error_description].filter((text) => text !== undefined).join(': ');
  }
  // The library says of what went wrong below it no more than "something went wrong".
  if (error instanceof Error && error.cause instanceof Error) return describeProviderError(error.cause);
  if (error instanceof ClientError && error.cause instanceof Response) {
    return `${error.message}: HTTP ${error.cause.status}`;
  }
  return describeConnectionError(error);
}
