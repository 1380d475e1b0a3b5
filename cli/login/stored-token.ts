/** The token of a stored login, renewed where it has expired. */
import { trustCertificateAuthorities } from '../server/certificate-authorities.ts';
import { changeLogins, hasExpired, readLogin } from './credentials.ts';

/**
 * The access token for a server; undefined where nobody logged in to it.
 *
 * @throws CommandFailure where the login has ended
 */
export async function storedToken(server: string): Promise<string | undefined> {
  const login = await readLogin(server);
  if (login?.caFile !== undefined) await trustCertificateAuthorities(login.caFile);
  if (login === undefined || !hasExpired(login)) return login?.accessToken;
  return changeLogins(async (logins) => {
    // Another process may have been faster. A refresh token works once: used twice, providers end the login.
    const current = logins[server] ?? login;
    if (!hasExpired(current)) return current.accessToken;
    const { renewLogin } = await import('./renew-login.ts'); // the library behind it is slow to load
    const renewed = await renewLogin(server, current);
    logins[server] = renewed;
    return renewed.accessToken;
  });
}
