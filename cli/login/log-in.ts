/** What `rollcall login` does: finds out whom the server trusts, gets a token from there, and keeps it. */
import { resolve } from 'node:path';
import type { Configuration, DeviceAuthorizationResponse } from 'openid-client';
import { refuseToReveal } from '../server/access-token.ts';
import { askOver } from '../server/admin-client.ts';
import { trustCertificateAuthorities } from '../server/certificate-authorities.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from '../terminal/failure.ts';
import { printable } from '../terminal/printable.ts';
import { connectWithToken } from '../server/server-connection.ts';
import { baseUrl, type ServerOption } from '../server/server-options.ts';
import { durationText } from '../terminal/time-text.ts';
import { changeLogins, readLogin } from './credentials.ts';
import { logInByDevice } from './device-login.ts';
import { discoverProvider } from './identity-provider.ts';
import { storedTokens } from './issued-tokens.ts';
import { type ProtectedResource, readProtectedResource } from './protected-resource.ts';

export interface LoginOptions extends ServerOption {
  readonly clientId?: string;
  readonly issuer?: string;
  /** Separated by spaces. */
  readonly scope?: string;
  readonly audience?: string;
  /** Whether the provider is told what the token is for. */
  readonly resource: boolean;
}

/** @throws CommandFailure where it did not come to a login */
export async function logIn(options: LoginOptions): Promise<void> {
  const server = baseUrl(options.server);
  refuseToReveal(server);
  if (options.caFile !== undefined) await trustCertificateAuthorities(options.caFile);
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
  if (other !== undefined) console.error(`Note: ${other} is set, and goes before this login`);
}

/** A token that the server refuses is not kept: most often its audience is not the one that the server wants. */
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
        ? 'The server takes the tokens of several providers; choose one with --issuer:'
        : `The server takes no tokens of ${wanted}, only of:`,
      ...authorizationServers.map((issuer) => `  ${issuer}`),
    ].join('\n'),
    USAGE_EXIT_STATUS,
  );
}

/** Whoever logs in again does not need to look it up again. */
async function clientOfLastLogin(server: string, issuer: string): Promise<string | undefined> {
  const login = await readLogin(server);
  return login?.issuer === issuer ? login.clientId : undefined;
}

function refuseWithoutClient(issuer: string): never {
  throw new CommandFailure(
    [
      'Name the client to log in with: --client-id, or ROLLCALL_CLIENT_ID. Whoever runs the registry knows it.',
      `If there is none, register one at ${issuer}: a public client (without a secret) that may use the grants`,
      '  urn:ietf:params:oauth:grant-type:device_code',
      '  refresh_token',
    ].join('\n'),
    USAGE_EXIT_STATUS,
  );
}

/** All that the server knows, and where the provider has it a refresh token (OpenID Connect Core, section 11). */
function defaultScope({ scopes }: ProtectedResource, provider: Configuration): string {
  const offered = provider.serverMetadata().scopes_supported ?? [];
  return [...scopes, ...(offered.includes('offline_access') ? ['openid', 'offline_access'] : [])].join(' ');
}

/** The link with the code in it spares typing; the code is shown beside it to be compared (RFC 8628 section 3.3.1). */
function showCode(server: string, code: DeviceAuthorizationResponse): void {
  const { user_code, verification_uri, verification_uri_complete, expires_in } = code;
  const lines = [
    `To log in to ${server}, open`,
    `  ${verification_uri_complete ?? verification_uri}`,
    verification_uri_complete === undefined ? 'and enter the code' : 'and compare the code',
    `  ${user_code}`,
    `Waiting for you to confirm it; it is valid for ${durationText(expires_in * 1000)}`,
  ];
  console.log(printable(lines.join('\n')));
}
