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
  if (options.caFile !== undefined) await trustCertificateAuthorities(options.caFile);
  return connectWithToken(server, await findAccessToken(server, options.tokenFile));
}

export function connectWithToken(server: string, token: AccessToken | undefined): ServerConnection {
  return {
    server,
    fetch: async (resource, init) => {
      const headers = new Headers(init?.headers);
      headers.set('User-Agent', 'rollcall'); // recorded in the audit log
      if (token !== undefined) headers.set('Authorization', `Bearer ${token.value}`);
      const response = await fetch(resource, { ...init, headers }).catch((error: unknown) => {
        throw unreachable(server, error);
      });
      if (response.status === 401) throw unauthenticated(server, token, refusalText(401, await response.text()));
      return response;
    },
  };
}

function unauthenticated(server: string, token: AccessToken | undefined, message: string): CommandFailure {
  const what =
    token === undefined ? `${server} requires authentication` : `${token.origin} was rejected by ${server}: ${message}`;
  return new CommandFailure(
    `${what}. Log in with \`rollcall login --server ${server}\`, or pass a token with --token-file or ROLLCALL_TOKEN`,
  );
}
