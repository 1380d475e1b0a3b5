/** A real OpenID provider on loopback over HTTPS, with its own certificate authority, for one test file. */
import { once } from 'node:events';
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import Provider, { type Adapter, type AdapterPayload, type JWK, type KoaContextWithOIDC } from 'oidc-provider';
import { Agent, fetch } from 'undici';
import type { ProviderSettings } from '../config/model.ts';
import { createLoopbackCertificate } from './certificate-authority.ts';

/** The default audience of tokens, which the registry expects. */
export const AUDIENCE = 'https://registry.example.com';
/** The client that fetches tokens, and that the registry uses for introspection. */
export const CLIENT = { id: 'rollcall', secret: 'a client secret of a test' } as const;
/** The client without a secret, for logins by device code. */
export const DEVICE_CLIENT_ID = 'rollcall-cli';
/** The console's client, for sign-ins with a browser. */
export const CONSOLE_CLIENT_ID = 'rollcall-console';
const SCOPES = ['mcp-registry:read', 'mcp-registry:write'] as const;

export type SigningAlgorithm = 'RS256' | 'PS256' | 'RS512' | 'ES256' | 'ES384' | 'EdDSA';
export type TokenClaims = Readonly<Record<string, unknown>>;

export interface TokenOptions {
  readonly audience?: string | readonly string[];
  /** Negative for an expired token. Default 300. */
  readonly expiresInSeconds?: number;
  /** When it becomes valid. Default: no such claim. */
  readonly notBeforeSeconds?: number;
  readonly algorithm?: SigningAlgorithm;
  readonly issuer?: string;
  /** Added to the token's header. */
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface IdentityProvider {
  readonly issuer: string;
  /** The certificate authority's certificate, PEM. */
  readonly caFile: string;
  readonly jwksUrl: string;
  readonly introspectionUrl: string;
  /** For the configuration of a registry that trusts it. */
  settings(changes?: Partial<ProviderSettings>): ProviderSettings;
  /** The same settings in the form of a configuration file. */
  settingsInFile(changes?: Readonly<Record<string, string>>): Readonly<Record<string, unknown>>;
  /**
   * A JWT with any claims, signed by the provider's key, whether or not the provider would issue it. Default: for `somebody`,
   * with both scopes.
   */
  token(claims?: TokenClaims, options?: TokenOptions): Promise<string>;
  /** A JWT that the provider itself has issued to the client, which is its `sub`, with more claims. */
  issuedToken(claims?: TokenClaims): Promise<string>;
  /** An opaque token, which only introspection explains. */
  opaqueToken(claims?: TokenClaims, options?: Pick<TokenOptions, 'audience' | 'expiresInSeconds'>): Promise<string>;
  /** A user who can sign in with a browser, and the claims of their tokens. */
  addPerson(subject: string, claims: TokenClaims): void;
  /** Follows the link of a device login, logs in, and agrees. */
  approveDevice(userCode: string, claims?: TokenClaims): Promise<void>;
  /** Follows the link and refuses. */
  denyDevice(userCode: string): Promise<void>;
  /** Lets the device login expire. */
  expireDevice(userCode: string): Promise<void>;
  /** Forgets all sign-ins and tokens, but not the users. */
  revokeEverything(): void;
  /** Replaces all keys: tokens are signed by the new ones, and the old ones are no longer published. */
  rotateKeys(): Promise<void>;
  /** The public key of an algorithm, PEM. */
  publicKey(algorithm: SigningAlgorithm): string;
  /** The requests so far, as `GET /jwks`. */
  readonly requests: readonly string[];
  /** Stops listening, until `resume` at the same address. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

export interface IdentityProviderOptions {
  /** Default true; `isListening: false` leaves that to `resume`. */
  readonly isListening?: boolean;
  /** The URL of the server whose console signs users in. Default: none. */
  readonly consoleOf?: string;
  /** Validity of users' tokens in seconds. Default 300. */
  readonly lifetimeS?: number;
}

export async function startIdentityProvider({
  isListening = true,
  consoleOf,
  lifetimeS = 300,
}: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const certificate = await createLoopbackCertificate();
  const folder = await mkdtemp(join(tmpdir(), 'identity-provider-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, certificate.authority);

  const requests: string[] = [];
  let current: Generation | undefined;
  const server = createServer({ cert: certificate.certificate, key: certificate.privateKey }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (current === undefined) return;
    if (request.url?.startsWith('/interaction/')) void interact(current.provider, state, { request, response });
    else void current.answer(request, response);
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const issuer = `https://127.0.0.1:${port}`;
  const state: State = { issuer, stored: new Map(), people: new Map(), consoleOf, lifetimeS };
  current = await createGeneration(state);
  const generation = (): Generation => current ?? raise('The provider has no keys');

  const agent = new Agent({ connect: { ca: certificate.authority } });
  const grant = async (body: Record<string, string>, headers: Record<string, string>): Promise<string> => {
    const credentials = Buffer.from(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`).toString('base64');
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      dispatcher: agent,
      headers: { ...headers, authorization: `Basic ${credentials}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPES.join(' '), ...body }),
    });
    const answer = (await response.json()) as { access_token?: string };
    return answer.access_token ?? raise(`The provider issued no token: ${JSON.stringify(answer)}`);
  };

  if (!isListening) await close(server);
  return {
    issuer,
    caFile,
    jwksUrl: `${issuer}/jwks`,
    introspectionUrl: `${issuer}/token/introspection`,
    requests,
    settings: (changes) => ({
      name: 'test',
      issuerUrl: issuer,
      audience: AUDIENCE,
      caFile,
      allowPrivateIp: true,
      scopes: [],
      ...changes,
    }),
    settingsInFile: (changes) => ({
      name: 'test',
      issuerUrl: issuer,
      audience: AUDIENCE,
      caCertPath: caFile,
      allowPrivateIP: true,
      ...changes,
    }),
    token: (claims, options) => generation().sign({ iss: issuer, ...claims }, options),
    issuedToken: (claims) => grant({ resource: AUDIENCE }, { [CLAIMS_HEADER]: encodeClaims(claims) }),
    opaqueToken: (claims, { audience = AUDIENCE, expiresInSeconds } = {}) =>
      grant(
        { resource: typeof audience === 'string' ? audience : (audience[0] ?? AUDIENCE) },
        {
          [CLAIMS_HEADER]: encodeClaims({ sub: 'somebody', ...claims }),
          [FORMAT_HEADER]: 'opaque',
          ...(expiresInSeconds !== undefined && { [LIFETIME_HEADER]: String(expiresInSeconds) }),
        },
      ),
    addPerson: (subject, claims) => void state.people.set(subject, claims),
    approveDevice: (userCode, claims = {}) => approve(generation().provider, state, { userCode, claims }),
    denyDevice: (userCode) => changeDeviceCode(generation().provider, userCode, { error: 'access_denied' }),
    expireDevice: (userCode) => changeDeviceCode(generation().provider, userCode, { exp: 1 }),
    revokeEverything: () => state.stored.clear(),
    rotateKeys: async () => {
      current = await createGeneration(state);
    },
    publicKey: (algorithm) => generation().keys[algorithm].publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    pause: () => close(server),
    resume: () => listen(server, port),
    stop: async () => {
      await agent.destroy();
      if (server.listening) await close(server);
      await rm(folder, { recursive: true });
    },
  };
}

/** The state that survives a rotation of keys. */
interface State {
  readonly issuer: string;
  readonly stored: Map<string, AdapterPayload>;
  /** The claims of logged-in users, by subject. */
  readonly people: Map<string, TokenClaims>;
  readonly consoleOf: string | undefined;
  readonly lifetimeS: number;
}

/** The provider with one set of keys. */
interface Generation {
  readonly provider: Provider;
  readonly answer: ReturnType<Provider['callback']>;
  readonly keys: Keys;
  readonly sign: (claims: TokenClaims, options?: TokenOptions) => Promise<string>;
}

interface KeyPair {
  readonly id: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}
type Keys = Readonly<Record<SigningAlgorithm, KeyPair>>;

let generations = 0;

async function createGeneration(state: State): Promise<Generation> {
  generations += 1;
  const keys = await createKeys(generations);
  const jwks = [...new Set(Object.values(keys))].map(({ id, privateKey }): JWK => ({
    ...(privateKey.export({ format: 'jwk' }) as JWK),
    kid: id,
    use: 'sig',
  }));
  const provider = createProvider(state, jwks);
  return { provider, answer: provider.callback(), keys, sign: (claims, options) => sign(keys, claims, options) };
}

async function createKeys(number: number): Promise<Keys> {
  const generate = promisify(generateKeyPair);
  const [rsa, p256, p384, ed25519] = await Promise.all([
    generate('rsa', { modulusLength: 2048 }),
    generate('ec', { namedCurve: 'P-256' }),
    generate('ec', { namedCurve: 'P-384' }),
    generate('ed25519'),
  ]);
  const pair = (name: string, keys: Omit<KeyPair, 'id'>): KeyPair => ({ id: `${name}-${number}`, ...keys });
  const rsaPair = pair('rsa', rsa);
  return {
    RS256: rsaPair,
    PS256: rsaPair,
    RS512: rsaPair,
    ES256: pair('p256', p256),
    ES384: pair('p384', p384),
    EdDSA: pair('ed25519', ed25519),
  };
}

async function sign(keys: Keys, claims: TokenClaims, options: TokenOptions = {}): Promise<string> {
  const {
    audience = AUDIENCE,
    expiresInSeconds = 300,
    notBeforeSeconds,
    algorithm = 'RS256',
    issuer,
    header,
  } = options;
  const now = Math.floor(Date.now() / 1000);
  const { id, privateKey } = keys[algorithm];
  return new SignJWT({
    sub: 'somebody',
    scope: SCOPES.join(' '),
    iat: now,
    exp: now + expiresInSeconds,
    aud: typeof audience === 'string' ? audience : [...audience],
    ...(notBeforeSeconds !== undefined && { nbf: now + notBeforeSeconds }),
    ...claims,
    ...(issuer !== undefined && { iss: issuer }),
  })
    .setProtectedHeader({ alg: algorithm, kid: id, typ: 'at+jwt', ...header })
    .sign(privateKey);
}

/** The claims for the next token that the fixture requests. */
const CLAIMS_HEADER = 'x-test-claims';
const FORMAT_HEADER = 'x-test-format';
const LIFETIME_HEADER = 'x-test-lifetime';

function encodeClaims(claims: TokenClaims = {}): string {
  return encodeURIComponent(JSON.stringify(claims));
}

function askedClaims(context: KoaContextWithOIDC): Record<string, unknown> {
  return JSON.parse(decodeURIComponent(context.get(CLAIMS_HEADER) || '{}')) as Record<string, unknown>;
}

function createProvider({ issuer, stored, people, consoleOf, lifetimeS }: State, keys: readonly JWK[]): Provider {
  const lifetime = (context: KoaContextWithOIDC): number => Number(context.get(LIFETIME_HEADER) || lifetimeS);
  const provider = new Provider(issuer, {
    adapter: (kind: string) => new MapAdapter(kind, stored),
    jwks: { keys },
    scopes: ['openid', 'offline_access', ...SCOPES],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: DEVICE_CLIENT_ID,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        redirect_uris: [],
        response_types: [],
      },
      ...(consoleOf === undefined
        ? []
        : [
            {
              client_id: CONSOLE_CLIENT_ID,
              client_secret: CLIENT.secret,
              grant_types: ['authorization_code', 'refresh_token'],
              redirect_uris: [`${consoleOf}/auth/callback`],
              post_logout_redirect_uris: [`${consoleOf}/console/`],
              response_types: ['code' as const],
            },
          ]),
    ],
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    // Like most providers: the device client has to ask for a refresh token, the console's client always gets one.
    issueRefreshToken: (_context, client, code) =>
      Promise.resolve(client.clientId === CONSOLE_CLIENT_ID || code.scopes.has('offline_access')),
    findAccount: (_context, subject) => ({
      accountId: subject,
      claims: () => ({ ...people.get(subject), sub: subject }),
    }),
    extraTokenClaims: (context, token) => ({
      ...('accountId' in token ? people.get(token.accountId) : undefined),
      ...askedClaims(context),
    }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (context, resource) => ({
          scope: SCOPES.join(' '),
          audience: resource,
          accessTokenTTL: lifetime(context),
          accessTokenFormat: context.get(FORMAT_HEADER) === 'opaque' ? 'opaque' : 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      ClientCredentials: lifetime,
      AccessToken: lifetime,
      DeviceCode: 300,
      Grant: 3600,
      IdToken: 300,
      RefreshToken: 3600,
    },
  });
  provider.use(async (context, next) => {
    await next();
    // Seconds between two polls for the user's consent (RFC 8628 section 3.2), 5 by default.
    if (context.path === '/device/auth' && context.status === 200) Object.assign(context.body ?? {}, { interval: 0.1 });
  });
  return provider;
}

/** The page where users sign in. `?deny` refuses, `?sub=` signs in and agrees to everything. */
async function interact(
  provider: Provider,
  { people }: State,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const { searchParams, pathname } = new URL(request.url ?? '', 'https://127.0.0.1');
  const subject = searchParams.get('sub');
  if (searchParams.has('deny')) {
    await provider.interactionFinished(request, response, { error: 'access_denied' });
  } else if (subject === null) {
    const links = [...people.keys()].map((name) => `<li><a href="${pathname}?sub=${name}">${name}</a></li>`);
    response.setHeader('content-type', 'text/html').end(`<h1>Who are you?</h1><ul>${links.join('')}</ul>`);
  } else {
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({ accountId: subject, clientId: String(params['client_id']) });
    grant.addOIDCScope(String(params['scope']));
    const { resource } = params;
    grant.addResourceScope(typeof resource === 'string' ? resource : AUDIENCE, SCOPES.join(' '));
    const result = { login: { accountId: subject }, consent: { grantId: await grant.save() } };
    await provider.interactionFinished(request, response, result);
  }
}

async function approve(
  provider: Provider,
  { people }: State,
  { userCode, claims }: { userCode: string; claims: TokenClaims },
): Promise<void> {
  const code = await findDeviceCode(provider, userCode);
  const subject = typeof claims['sub'] === 'string' ? claims['sub'] : 'somebody';
  people.set(subject, claims);
  const scope = typeof code.params?.['scope'] === 'string' ? code.params['scope'] : '';
  const grant = new provider.Grant({ accountId: subject, clientId: DEVICE_CLIENT_ID });
  grant.addOIDCScope(scope);
  const resource = typeof code.params?.['resource'] === 'string' ? code.params['resource'] : AUDIENCE;
  grant.addResourceScope(resource, SCOPES.join(' '));
  Object.assign(code, {
    accountId: subject,
    authTime: Math.floor(Date.now() / 1000),
    grantId: await grant.save(),
    resource,
    scope,
  });
  await code.save();
}

async function changeDeviceCode(provider: Provider, userCode: string, change: Record<string, unknown>): Promise<void> {
  const code = await findDeviceCode(provider, userCode);
  await Object.assign(code, change).save();
}

async function findDeviceCode(provider: Provider, userCode: string): Promise<InstanceType<Provider['DeviceCode']>> {
  const code = await provider.DeviceCode.findByUserCode(userCode.replace(/[^0-9A-Z]/gi, '').toUpperCase());
  return code ?? raise(`Nobody asked for the code ${userCode}`);
}

/** The provider's storage: a map that survives its keys. */
class MapAdapter implements Adapter {
  readonly #kind: string;
  readonly #stored: Map<string, AdapterPayload>;

  constructor(kind: string, stored: Map<string, AdapterPayload>) {
    this.#kind = kind;
    this.#stored = stored;
  }

  upsert(id: string, payload: AdapterPayload): Promise<void> {
    this.#stored.set(`${this.#kind}:${id}`, payload);
    return Promise.resolve();
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    return Promise.resolve(this.#stored.get(`${this.#kind}:${id}`));
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findBy((payload) => payload.userCode === userCode);
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findBy((payload) => payload.uid === uid);
  }

  consume(id: string): Promise<void> {
    Object.assign(this.#stored.get(`${this.#kind}:${id}`) ?? {}, { consumed: Math.floor(Date.now() / 1000) });
    return Promise.resolve();
  }

  destroy(id: string): Promise<void> {
    this.#stored.delete(`${this.#kind}:${id}`);
    return Promise.resolve();
  }

  revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, payload] of this.#stored) if (payload.grantId === grantId) this.#stored.delete(key);
    return Promise.resolve();
  }

  #findBy(isSought: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> {
    const found = [...this.#stored].find(([key, payload]) => key.startsWith(`${this.#kind}:`) && isSought(payload));
    return Promise.resolve(found?.[1]);
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function raise(message: string): never {
  throw new Error(message);
}
