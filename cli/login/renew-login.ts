import { refreshTokenGrant } from 'openid-client';
import { CommandFailure } from '../terminal/failure.ts';
import type { StoredLogin } from './credentials.ts';
import { askProvider, discoverProvider } from './identity-provider.ts';
import { storedTokens } from './issued-tokens.ts';

/**
 * The login with new tokens, by its refresh token (RFC 6749 section 6).
 *
 * @throws CommandFailure where it has ended
 */
export async function renewLogin(server: string, login: StoredLogin): Promise<StoredLogin> {
  const { issuer, resource, refreshToken } = login;
  const ended = `Your login at ${server} has ended: run \`rollcall login --server ${server}\``;
  if (refreshToken === undefined) throw new CommandFailure(ended);
  const provider = await discoverProvider(login);
  const answer = await askProvider(issuer, { invalid_grant: ended }, () =>
    refreshTokenGrant(provider, refreshToken, resource === undefined ? {} : { resource }),
  );
  return { ...login, ...storedTokens(answer) };
}
