import { refreshTokenGrant } from 'openid-client';
import { CommandFailure } from '../terminal/failure.ts';
import { type StoredLogin, storedTokens } from './credentials.ts';
import { askProvider, discoverProvider } from './identity-provider.ts';

/**
 * Renews a login with its refresh token (RFC 6749 section 6).
 *
 * @throws CommandFailure if the login has expired
 */
export async function renewLogin(server: string, login: StoredLogin): Promise<StoredLogin> {
  const { issuer, resource, refreshToken } = login;
  const ended = `Your login to ${server} has expired: run \`rollcall login --server ${server}\``;
  if (refreshToken === undefined) throw new CommandFailure(ended);
  const provider = await discoverProvider(login);
  const answer = await askProvider(issuer, { invalid_grant: ended }, () =>
    refreshTokenGrant(provider, refreshToken, resource === undefined ? {} : { resource }),
  );
  return { ...login, ...storedTokens(answer) };
}
