/** Issues tokens for a measure: signs them, and publishes its key on loopback. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const AUDIENCE = 'https://registry.example.com';
const KEY_ID = 'bench';

export interface TokenIssuer {
  /** The `auth` section of a configuration file. Callers with the claim `role: admin` are superAdmins. */
  readonly auth: object;
  /** A token with these claims, valid for a day. */
  token(claims: Readonly<Record<string, unknown>>): Promise<string>;
  stop(): Promise<void>;
}

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'ES256', use: 'sig' }] });
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'application/json').end(keys));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = { name: 'bench', issuerUrl, jwksUrl: `${issuerUrl}/keys`, audience: AUDIENCE, allowPrivateIP: true };
  return {
    auth: { mode: 'oauth', oauth: { providers: [provider] }, authz: { roles: { superAdmin: [{ role: 'admin' }] } } },
    token: (claims) =>
      new SignJWT({ sub: 'bench', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: KEY_ID })
        .setIssuer(issuerUrl)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime('1 day')
        .sign(privateKey),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
