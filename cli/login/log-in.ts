/** Implementation of `rollcall login`: finds the server's identity provider, gets a token from it, and stores the token. */
import { resolve } from 'node:path';
import type { Configuration, DeviceAuthorizationResponse } from 'openid-client';
import { refuseToReveal } from '../server/access-token.ts';
import { askOver } from '../server/admin-client.ts';
import { trustCertificateAuthorities } from '../server/certificate-authorities.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from '../terminal/failure.ts';
import { printable } from '../terminal/printable.ts';
import { connectWithToken } from '../server/server-connection.ts';
import { baseUrl, type ServerOption } from '../server/server-options.ts';
import { roundedDuration } from '../terminal/time-text.ts';
import { changeLogins, readLogin, storedTokens } from './credentials.ts';
import { logInByDevice } from './device-login.ts';
import { discoverProvider } from './identity-provider.ts';
import { type ProtectedResource, readProtectedResource } from './protected-resource.ts';

export interface LoginOptions extends ServerOption {
  readonly clientId?: string;
  readonly issuer?: string;
  /** The scopes to request, separated by spaces. */
  readonly scope?: string;
  readonly audience?: string;
  /** Whether to send the resource parameter (RFC 8707). */
  readonly resource: boolean;
}

/** @throws CommandFailure if the login failed */
export async function logIn(options: LoginOptions): Promise<void> {
  const server = baseUrl(options.server);
  refuseToReveal(server);
  await trustCertificateAuthorities(options.caFile);
  const resource = await readProtectedResource(server);
  const issuer = chooseIssuer(resource, options.issuer);
  const clientId = options.clientId ?? (await clientOfLastLogin(server, issuer)) ?? refuseWithoutClient(issuer);

  const provider = await discoverProvider({ issuer, clientId });
  const answer = await logInByDevice({
    issuer,
    clientId,
    provider,
    parameters: {
      scope: options.scope ?? defaultScope(resource, provider),
      ...(options.resource && { resource: resource.resource }),
      ...(options.audience !== undefined && { audience: options.audience }),
    },
    onCode: (code) => showCode(server, code),
  });
  const name = await nameAtServer(server, { issuer, accessToken: answer.access_token });
  await changeLogins(async (logins) => {
    logins[server] = {
      issuer,
      clientId,
      ...(options.resource && { resource: resource.resource }),
      ...(options.caFile !== undefined && { caFile: resolve(options.caFile) }),
      ...storedTokens(answer),
    };
  });
  console.log(`Logged in to ${server}${name === null ? '' : ` as ${name}`}`);
  const other = ['ROLLCALL_TOKEN_FILE', 'ROLLCALL_TOKEN'].find((variable) => process.env[variable]);
  if (other !== undefined) console.error(`Note: ${other} is set and takes precedence over this login`);
}

/**
 * Asks the server for the user that the token belongs to. A token that the server rejects, usually for its audience,
 * isn't stored.
 */
async function nameAtServer(
  server: string,
  { issuer, accessToken }: { readonly issuer: string; readonly accessToken: string },
): Promise<string | null> {
  const connection = connectWithToken(server, { value: accessToken, origin: `The token from ${issuer}` });
  const { displayName, subject } = await askOver(connection, (client) => client.me.query());
  return displayName ?? subject;
}

function chooseIssuer({ authorizationServers }: ProtectedResource, wanted: string | undefined): string {
  const [first, ...others] = authorizationServers;
  if (wanted === undefined && first !== undefined && others.length === 0) return first;
  if (wanted !== undefined && authorizationServers.includes(wanted)) return wanted;
  throw new CommandFailure(
    [
      wanted === undefined
        ? 'The server accepts several identity providers; choose one with --issuer:'
        : `The server doesn't accept tokens from ${wanted}, only from:`,
      ...authorizationServers.map((issuer) => `  ${issuer}`),
    ].join('\n'),
    USAGE_EXIT_STATUS,
  );
}

/** The client ID of the previous login, so that users don't have to look it up again. */
async function clientOfLastLogin(server: string, issuer: string): Promise<string | undefined> {
  const login = await readLogin(server);
  return login?.issuer === issuer ? login.clientId : undefined;
}

function refuseWithoutClient(issuer: string): never {
  throw new CommandFailure(
    [
      'Pass the OAuth client ID with --client-id or ROLLCALL_CLIENT_ID; ask the operator of the registry for it.',
      `If there is none yet, register one at ${issuer}: a public client (without a secret) with the grants`,
      '  urn:ietf:params:oauth:grant-type:device_code',
      '  refresh_token',
    ].join('\n'),
    USAGE_EXIT_STATUS,
  );
}

/** All scopes of the server, plus a refresh token if the provider offers it (OpenID Connect Core, section 11). */
function defaultScope({ scopes }: ProtectedResource, provider: Configuration): string {
  const offered = provider.serverMetadata().scopes_supported ?? [];
  return [...scopes, ...(offered.includes('offline_access') ? ['openid', 'offline_access'] : [])].join(' ');
}

/** The link contains the code; it is shown as well so that the user can compare it (RFC 8628 section 3.3.1). */
function showCode(server: string, code: DeviceAuthorizationResponse): void {
  const { user_code, verification_uri, verification_uri_complete, expires_in } = code;
  const lines = [
    `To log in to ${server}, open`,
    `  ${verification_uri_complete ?? verification_uri}`,
    verification_uri_complete === undefined ? 'and enter this code:' : 'and check that it shows this code:',
    `  ${user_code}`,
    `Waiting for your confirmation. The code expires in ${roundedDuration(expires_in * 1000)}`,
  ];
  console.log(printable(lines.join('\n')));
}
