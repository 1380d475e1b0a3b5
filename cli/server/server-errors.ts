/** Messages for requests that fail: connection errors, and errors in the answers of a server. */
import { certificateFault } from '../../config/certificate-fault.ts';
import { isJsonObject, parseJson } from '../../registry/json.ts';
import { describeError } from '../../telemetry/describe-error.ts';
import { CommandFailure } from '../terminal/failure.ts';

/**
 * Error for a server that can't be reached or isn't Rollcall. `fetch` hides the reason in the causes of its error.
 *
 * @param hint the advice in the message, for a server that isn't the one in `--server`
 */
export function unreachable(server: string, error: unknown, hint?: string): CommandFailure {
  const reason = reasonOf(rootCause(error));
  return new CommandFailure(
    hint === undefined
      ? `Can't reach a Rollcall server at ${server} (${reason}). Start one with \`rollcall serve\`, or pass its URL with --server`
      : `Can't reach ${server} (${reason}). ${hint}`,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof SyntaxError ? 'the answer is not from Rollcall' : describeConnectionError(error);
}

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootCause(error.cause) : error;
}

/** The message in an error answer. An answer without one, such as a proxy's, is quoted. */
export function refusalText(status: number, body: string): string {
  return refusalMessage(parseJson(body)) ?? `the server answered ${status}: ${body.slice(0, 500)}`;
}

/** REST errors are `{"error": "…"}`, those of the admin API `{"error": {"message": "…"}}`. */
export function refusalMessage(document: unknown): string | undefined {
  if (!isJsonObject(document)) return undefined;
  const { error } = document;
  const message = isJsonObject(error) ? error['message'] : error;
  return typeof message === 'string' ? message : undefined;
}

/** OpenSSL's errors for an answer that isn't TLS. */
const WITHOUT_TLS: ReadonlySet<string> = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

/** Describes a connection error, with the remedy if the certificate isn't trusted, or there is none. */
export function describeConnectionError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (certificateFault(code) === 'untrusted') {
    return 'its certificate was issued by an unknown authority; pass the authority with --ca-file';
  }
  return WITHOUT_TLS.has(code) ? "it doesn't use TLS; pass an http:// URL" : describeError(error);
}
