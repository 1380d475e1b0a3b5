/** What `rollcall logout` does. */
import { tokenRevocation } from 'openid-client';
import { trustCertificateAuthorities } from '../server/certificate-authorities.ts';
import { describeError } from '../terminal/failure.ts';
import { baseUrl, type ServerOption } from '../server/server-options.ts';
import { changeLogins, type StoredLogin } from './credentials.ts';
import { askProvider, discoverProvider } from './identity-provider.ts';

/** The tokens are forgotten whatever the provider says, which is told about it where it wants to know. */
export async function logOut(options: ServerOption): Promise<void> {
  const server = baseUrl(options.server);
  const login = await changeLogins(async (logins) => {
    const stored = logins[server];
    delete logins[server];
    return stored;
  });
  if (login === undefined) {
    console.log(`There was no login at ${server}`);
    return;
  }
  const caFile = options.caFile ?? login.caFile;
  try {
    if (caFile !== undefined) await trustCertificateAuthorities(caFile);
    await revoke(login);
  } catch (error) {
    console.error(`The tokens are forgotten here, and end by themselves at the provider: ${describeError(error)}`);
  }
  console.log(`Logged out of ${server}`);
}

/** RFC 7009: with the refresh token all access tokens of the login end. */
async function revoke(login: StoredLogin): Promise<void> {
  const provider = await discoverProvider(login);
  if (provider.serverMetadata().revocation_endpoint === undefined) return;
  const { refreshToken, accessToken } = login;
  await askProvider(login.issuer, {}, () => tokenRevocation(provider, refreshToken ?? accessToken));
}
