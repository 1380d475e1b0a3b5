/** Finds the bearer token that a command sends. */
import { readFile } from 'node:fs/promises';
import { isLoopbackHost } from '../../registry/loopback.ts';
import { describeError } from '../../telemetry/describe-error.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from '../terminal/failure.ts';
import { storedToken } from '../login/stored-token.ts';

export interface AccessToken {
  readonly value: string;
  /** The origin of the token, for messages. The token itself is never shown. */
  readonly origin: string;
}

/** RFC 6750 section 2.1. */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Returns the token from the token file, else from `ROLLCALL_TOKEN`, else from the stored login. Returns undefined if
 * there is none, as for servers in anonymous mode.
 *
 * @throws CommandFailure if the token is malformed or must not be sent over an insecure connection
 */
export async function findAccessToken(server: string, tokenFile: string | undefined): Promise<AccessToken | undefined> {
  const token = await readAccessToken(server, tokenFile);
  if (token === undefined) return undefined;
  if (!BEARER_TOKEN.test(token.value)) throw new CommandFailure(`${token.origin} doesn't contain a bearer token`);
  refuseToReveal(server);
  return token;
}

async function readAccessToken(server: string, tokenFile: string | undefined): Promise<AccessToken | undefined> {
  if (tokenFile !== undefined) return { value: await readTokenFile(tokenFile), origin: tokenFile };
  const variable = process.env['ROLLCALL_TOKEN']?.trim();
  if (variable !== undefined && variable !== '') return { value: variable, origin: 'ROLLCALL_TOKEN' };
  const stored = await storedToken(server);
  return stored === undefined ? undefined : { value: stored, origin: 'The stored login' };
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new CommandFailure(`Can't read the token file ${path}: ${describeError(error)}`);
  }
}

/** @throws CommandFailure if the connection to the server isn't encrypted (RFC 6750 section 5.3) */
export function refuseToReveal(server: string): void {
  const url = new URL(server);
  if (url.protocol === 'https:' || isLoopbackHost(url.hostname)) return;
  throw new CommandFailure(
    `Refusing to send a token to ${server} over an unencrypted connection. Use https://, or http://127.0.0.1 on the server's own machine`,
    USAGE_EXIT_STATUS,
  );
}
