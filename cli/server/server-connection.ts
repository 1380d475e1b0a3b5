/** Authenticated requests to a running Rollcall server. */
import { type AccessToken, findAccessToken } from './access-token.ts';
import { trustCertificateAuthorities } from './certificate-authorities.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { refusalText, unreachable } from './server-errors.ts';
import { baseUrl, type ServerOptions } from './server-options.ts';

export interface ServerConnection {
  /** The base URL. */
  readonly server: string;
  /**
   * `fetch`, with the caller's token.
   *
   * @throws CommandFailure if the server is unreachable or answers 401
   */
  readonly fetch: typeof fetch;
}

/** Connects to the server in the options, with the token they select. */
export async function connectServer(options: ServerOptions): Promise<ServerConnection> {
  const server = baseUrl(options.server);
  await trustCertificateAuthorities(options.caFile);
  return connectWithToken(server, await findAccessToken(server, options.tokenFile));
}

/** @param hint the advice in error messages, for a server that isn't the one in `--server` */
export function connectWithToken(server: string, token: AccessToken | undefined, hint?: string): ServerConnection {
  return {
    server,
    fetch: async (resource, init) => {
      const headers = new Headers(init?.headers);
      headers.set('User-Agent', 'rollcall'); // the audit log records this header
      if (token !== undefined) headers.set('Authorization', `Bearer ${token.value}`);
      const response = await fetch(resource, { ...init, headers }).catch((error: unknown) => {
        throw unreachable(server, error, hint);
      });
      if (response.status === 401) {
        const what = unauthenticatedText(server, token, refusalText(401, await response.text()));
        throw new CommandFailure(`${what}. ${hint ?? loginHint(server)}`);
      }
      return response;
    },
  };
}

function unauthenticatedText(server: string, token: AccessToken | undefined, message: string): string {
  return token === undefined
    ? `${server} requires authentication`
    : `${token.origin} was rejected by ${server}: ${message}`;
}

function loginHint(server: string): string {
  return `Log in with \`rollcall login --server ${server}\`, or pass a token with --token-file or ROLLCALL_TOKEN`;
}
