import { createPublicKey } from 'node:crypto';
import { decodeProtectedHeader, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  AUDIENCE,
  type IdentityProvider,
  type SigningAlgorithm,
  startIdentityProvider,
} from '../../identity-provider.ts';
import { sendAsWritten } from '../sent-as-written.ts';
import { type ProtectedApi, startProtectedRegistries } from './protected-api.ts';

let provider: IdentityProvider;
let api: ProtectedApi;
beforeAll(async () => {
  const started = await startProtectedRegistries([]);
  ({ provider, api } = started);
  return started.stop;
});

const ALGORITHMS: readonly SigningAlgorithm[] = ['RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'];

describe('a token of the provider is accepted', () => {
  test.each(ALGORITHMS)('signed with %s', async (algorithm) => {
    expect(await statusOf(await provider.token({}, { algorithm }))).toBe(200);
  });
  test('as the provider itself issues it', async () => {
    expect(await statusOf(await provider.issuedToken())).toBe(200);
  });
  test('for several audiences that include the registry', async () => {
    expect(await statusOf(await provider.token({}, { audience: ['account', AUDIENCE] }))).toBe(200);
  });
  test('half a minute after its expiry, and half a minute before it is valid, because clocks differ', async () => {
    expect(await statusOf(await provider.token({}, { expiresInSeconds: -30 }))).toBe(200);
    expect(await statusOf(await provider.token({}, { notBeforeSeconds: 30 }))).toBe(200);
  });
  test('that is valid for very long', async () => {
    expect(await statusOf(await provider.token({ exp: 1e300 }))).toBe(200);
  });
  test.each([undefined, 'JWT', 'jwt', 'application/jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])(
    'of the type %s',
    async (typ) => {
      expect(await statusOf(await provider.token({}, { header: { typ } }))).toBe(200);
    },
  );
  test('with the scheme in any case', async () => {
    const authorization = `bEARER  ${await provider.token()}`;
    expect((await api.get('/v0.1/servers', { headers: { authorization } })).status).toBe(200);
  });
});

describe('a token is refused', () => {
  test('that isn’t signed', async () => {
    const [, payload] = (await provider.token()).split('.');
    const header = (alg: string): string => Buffer.from(JSON.stringify({ alg })).toString('base64url');
    expect(await refusalOf(`${header('none')}.${payload}.`)).toBe(
      'The token is signed with an algorithm that is not accepted here',
    );
    expect(await refusalOf(`${header('NONE')}.${payload}.`)).toMatch(/algorithm|malformed/);
  });
  test('that is signed with the public key as if it were a secret', async () => {
    const { kid = '' } = decodeProtectedHeader(await provider.token());
    const token = await new SignJWT({ sub: 'somebody', iss: provider.issuer, aud: AUDIENCE })
      .setProtectedHeader({ alg: 'HS256', kid })
      .setExpirationTime('5m')
      .sign(Buffer.from(provider.publicKey('RS256')));
    expect(await refusalOf(token)).toBe('The token is signed with an algorithm that is not accepted here');
  });
  test('for another audience', async () => {
    const token = await provider.token({}, { audience: 'https://other.example.com' });
    expect(await refusalOf(token)).toBe('The token is for another audience');
    expect(await refusalOf(await provider.token({ aud: undefined }))).toBe('The token is for another audience');
  });
  test.each(['logout+jwt', 'application/secevent+jwt', 'dpop+jwt', 'it+jwt', 'at+jwt+x', '', null, 5, ['at+jwt']])(
    'of the type %j',
    async (typ) => {
      const token = await provider.token({}, { header: { typ } });
      expect(await refusalOf(token)).toBe('The token is not an access token');
    },
  );
  test('that has expired, or never expires', async () => {
    expect(await refusalOf(await provider.token({}, { expiresInSeconds: -90 }))).toBe('The token has expired');
    expect(await refusalOf(await provider.token({ exp: undefined }))).toBe('The token does not say when it expires');
  });
  test('that isn’t valid yet', async () => {
    expect(await refusalOf(await provider.token({}, { notBeforeSeconds: 90 }))).toBe('The token is not valid yet');
  });
  test('of an issuer that isn’t trusted', async () => {
    const reason = 'The token is from an issuer that is not trusted here';
    expect(await refusalOf(await provider.token({}, { issuer: 'https://evil.example.com' }))).toBe(reason);
    expect(await refusalOf(await provider.token({ iss: undefined }))).toBe(reason);
  });
  test.each([[5], [['https://evil.example.com']], [{}], [null], [true]])('whose issuer is %j', async (iss) => {
    const reason = 'The token is from an issuer that is not trusted here';
    expect(await refusalOf(await provider.token({ iss }))).toBe(reason);
    expect(await refusalOf(await provider.token({ iss: [provider.issuer] }))).toBe(reason);
  });
  test.each([
    { exp: 'tomorrow' },
    { exp: '99999999999' },
    { exp: null },
    { nbf: 'now' },
    { nbf: 1e308 },
    { exp: -1e308 },
  ])('whose time is %j', async (claims) => {
    expect(await refusalOf(await provider.token(claims))).toMatch(/expire|not valid yet|malformed/);
  });
  test.each([[''], [[]], [5], [{}], [[5, null]]])('whose audience is %j', async (aud) => {
    expect(await refusalOf(await provider.token({ aud }))).toBe('The token is for another audience');
  });
  test('that brings its own key, or says where it is', async () => {
    const other = await startIdentityProvider();
    const { kid } = decodeProtectedHeader(await provider.token());
    const jwk = createPublicKey(other.publicKey('RS256')).export({ format: 'jwk' });
    const before = other.requests.length;
    for (const header of [
      { kid, jwk },
      { kid, jku: other.jwksUrl },
      { kid, x5u: other.jwksUrl, x5c: ['MIIB'] },
    ]) {
      const token = await other.token({}, { issuer: provider.issuer, header });
      expect(await refusalOf(token)).toBe('The signature of the token is wrong');
    }
    expect(other.requests.length).toBe(before);
    await other.stop();
  });
  test.each([
    ['extensions that aren’t known', { crit: ['exp'], exp: 1 }],
    ['content that isn’t encoded', { crit: ['b64'], b64: false }],
    ['a key of the file system', { kid: '../../../../dev/null' }],
    ['a key that isn’t text', { kid: ['a'] }],
    ['no key, although several fit', { kid: undefined }],
  ])('with %s', async (_, header) => {
    const [, payload, signature] = (await provider.token()).split('.');
    const written = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'rsa-1', ...header })).toString('base64url');
    expect(await refusalOf(`${written}.${payload}.${signature}`)).toMatch(/malformed|key|signature/);
  });
  test('that another key signed in the name of the issuer', async () => {
    const { kid } = decodeProtectedHeader(await provider.token());
    const other = await startIdentityProvider({ isListening: false });
    const token = await other.token({}, { issuer: provider.issuer, header: { kid } });
    await other.stop();
    expect(await refusalOf(token)).toBe('The signature of the token is wrong');
  });
  test('whose content was changed', async () => {
    const [header, , signature] = (await provider.token()).split('.');
    const [, payload] = (await provider.token({ sub: 'somebody else' })).split('.');
    expect(await refusalOf(`${header}.${payload}.${signature}`)).toBe('The signature of the token is wrong');
  });
  test('that isn’t a token', async () => {
    for (const token of ['x', 'a.b.c', '..', 'with space', 'quote"d']) {
      expect([token, await refusalOf(token)]).toEqual([
        token,
        expect.stringMatching(/^The token is (malformed|signed)/),
      ]);
    }
  });
  test('of 100 kB', async () => {
    const [header, , signature] = (await provider.token()).split('.');
    expect(await refusalOf(`${header}.${'A'.repeat(100 * 1024)}.${signature}`)).toBe(
      'The token is longer than 16384 characters',
    );
  });
  test('that has a valid one next to it', async () => {
    const good = `Bearer ${await provider.token()}`;
    for (const second of [good, 'Bearer x', 'Basic eDp5']) {
      expect(await challengeOfRaw(['Authorization', good, 'authorization', second])).toEqual([
        401,
        challenge('invalid_request', 'There is more than one Authorization header'),
      ]);
    }
  });
  test('that is missing after the scheme', async () => {
    expect(await challengeOfRaw(['Authorization', 'Bearer'])).toEqual([
      401,
      challenge('invalid_request', 'There is no token after Bearer'),
    ]);
  });
});

test('a token in the query is ignored', async () => {
  const response = await api.get(`/v0.1/servers?access_token=${await provider.token()}`);
  expect(response.status).toBe(401);
});

test('many made-up keys at the same time cause one or two requests for the provider’s keys', async () => {
  const reads = (): number => provider.requests.filter((request) => request === 'GET /jwks').length;
  const before = reads();
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, index) => provider.token({}, { header: { kid: `made-up-${index}` } })),
  );
  expect(new Set(await Promise.all(tokens.map(refusalOf)))).toEqual(
    new Set(['The token is signed with a key that its issuer does not have']),
  );
  expect(reads() - before).toBeLessThanOrEqual(2);
  expect(await statusOf(await provider.token())).toBe(200);
});

async function statusOf(token: string): Promise<number> {
  return (await api.withToken(token)).status;
}

/** The reason why the token was refused, after checking the rest of the answer. */
async function refusalOf(token: string): Promise<string> {
  const response = await api.withToken(token);
  const { error, ...rest } = (await response.json()) as { error: string };
  expect({ status: response.status, challenge: response.headers.get('www-authenticate'), rest }).toEqual({
    status: 401,
    challenge: challenge('invalid_token', error),
    rest: {},
  });
  return error;
}

function challenge(code: string, description: string): string {
  const metadata = `${api.url}/.well-known/oauth-protected-resource`;
  return `Bearer realm="mcp-registry", error="${code}", error_description="${description}", resource_metadata="${metadata}"`;
}

/** Sends headers unchanged, in this order. */
async function challengeOfRaw(headers: readonly string[]): Promise<[number, string | undefined]> {
  const { host } = new URL(api.url);
  const answer = await sendAsWritten(api.url, '/v0.1/servers', { headers: ['Host', host, ...headers] });
  return [answer.status, answer.headers['www-authenticate']];
}
