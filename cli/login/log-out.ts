/** Implementation of `rollcall logout`. */
import { tokenRevocation } from 'openid-client';
import { trustCertificateAuthorities } from '../server/certificate-authorities.ts';
import { describeError } from '../../telemetry/describe-error.ts';
import { baseUrl, type ServerOption } from '../server/server-options.ts';
import { changeLogins, type StoredLogin } from './credentials.ts';
import { askProvider, discoverProvider } from './identity-provider.ts';

/** Deletes the stored tokens, then revokes them at the provider if it supports revocation. */
export async function logOut(options: ServerOption): Promise<void> {
  const server = baseUrl(options.server);
  const login = await changeLogins(async (logins) => {
    const stored = logins[server];
    delete logins[server];
    return stored;
  });
  if (login === undefined) {
    console.log(`Not logged in to ${server}`);
    return;
  }
  try {
    await trustCertificateAuthorities(options.caFile ?? login.caFile);
    await revoke(login);
  } catch (error) {
    console.error(
      `The stored tokens were deleted, but revoking them failed; they expire on their own: ${describeError(error)}`,
    );
  }
  console.log(`Logged out of ${server}`);
}

/** RFC 7009: revoking the refresh token also ends the access tokens issued with it. */
async function revoke(login: StoredLogin): Promise<void> {
  const provider = await discoverProvider(login);
  if (provider.serverMetadata().revocation_endpoint === undefined) return;
  const { refreshToken, accessToken } = login;
  await askProvider(login.issuer, {}, () => tokenRevocation(provider, refreshToken ?? accessToken));
}
