import type { TokenEndpointResponse } from 'openid-client';
import type { StoredTokens } from './credentials.ts';

/** What is kept of an answer of the provider's token endpoint. */
export function storedTokens({ access_token, expires_in, refresh_token }: TokenEndpointResponse): StoredTokens {
  return {
    accessToken: access_token,
    ...(expires_in !== undefined && { expiresAt: new Date(Date.now() + expires_in * 1000).toISOString() }),
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
  };
}
