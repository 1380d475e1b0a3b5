/** The bearer token that a command sends. */
import { readFile } from 'node:fs/promises';
import { isLoopbackUrl } from '../run/addresses.ts';
import { CommandFailure, describeError, USAGE_EXIT_STATUS } from '../terminal/failure.ts';
import { storedToken } from '../login/stored-token.ts';

export interface AccessToken {
  readonly value: string;
  /** Where it came from, for messages about it; it itself is never shown. */
  readonly origin: string;
}

/** RFC 6750 section 2.1. */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * The token of the file, else of the environment variable `ROLLCALL_TOKEN`, else of the stored login; undefined where
 * there is none, which is enough for servers without authentication.
 *
 * @throws CommandFailure where there is one that can't be used or must not be sent
 */
export async function findAccessToken(server: string, tokenFile: string | undefined): Promise<AccessToken | undefined> {
  const token = await readAccessToken(server, tokenFile);
  if (token === undefined) return undefined;
  if (!BEARER_TOKEN.test(token.value)) throw new CommandFailure(`${token.origin} holds no bearer token`);
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
    throw new CommandFailure(`The token file ${path} can't be read: ${describeError(error)}`);
  }
}

/** @throws CommandFailure where a token sent to this server could be read on its way (RFC 6750 section 5.3) */
export function refuseToReveal(server: string): void {
  const url = new URL(server);
  if (url.protocol === 'https:' || isLoopbackUrl(url)) return;
  throw new CommandFailure(
    `No token is sent to ${server}: whoever is on the way could read it. Use https://, or on the server's own machine http://127.0.0.1`,
    USAGE_EXIT_STATUS,
  );
}
