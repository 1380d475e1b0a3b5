import type { TokenEndpointResponse } from 'openid-client';
import type { StoredTokens } from './credentials.ts';

/** The part of a token endpoint answer that is stored. */
export function storedTokens({ access_token, expires_in, refresh_token }: TokenEndpointResponse): StoredTokens {
  return {
    accessToken: access_token,
    ...(expires_in !== undefined && { expiresAt: new Date(Date.now() + expires_in * 1000).toISOString() }),
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
  };
}
