/** The access token of a stored login, renewed if it has expired. */
import { trustCertificateAuthorities } from '../server/certificate-authorities.ts';
import { changeLogins, hasExpired, readLogin } from './credentials.ts';

/**
 * Returns the access token for a server, or undefined without a stored login.
 *
 * @throws CommandFailure if the login has expired
 */
export async function storedToken(server: string): Promise<string | undefined> {
  const login = await readLogin(server);
  await trustCertificateAuthorities(login?.caFile);
  if (login === undefined || !hasExpired(login)) return login?.accessToken;
  return changeLogins(async (logins) => {
    // Another process may have renewed it already. Providers end a login whose refresh token is used twice.
    const current = logins[server] ?? login;
    if (!hasExpired(current)) return current.accessToken;
    const { renewLogin } = await import('./renew-login.ts'); // loads a large library
    const renewed = await renewLogin(server, current);
    logins[server] = renewed;
    return renewed.accessToken;
  });
}
