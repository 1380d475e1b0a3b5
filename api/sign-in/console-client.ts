/** The console as a client of one identity provider: authorization code flow with PKCE (RFC 6749, RFC 7636). */
import * as oidc from 'openid-client';
import type { ConsoleClient, OAuthSettings, ProviderSettings } from '../../config/model.ts';
import { readSecret } from '../../config/secrets.ts';
import { boundedBody, exchange } from '../../outbound/exchange.ts';
import { MAX_BODY_BYTES, ProviderConnections } from '../access/tokens/provider-connections.ts';
import { type Site, urlAt } from './site.ts';
import type { SignIn } from './sessions.ts';

const TIMEOUT_S = 10;
const CLOCK_TOLERANCE_S = 60;
/** How long endpoints of the provider are used before they are discovered again. */
const FRESH_MS = 60 * 60_000;
/** Lifetime of a token whose provider doesn't say. */
const DEFAULT_LIFETIME_S = 5 * 60;

export interface IssuedTokens {
  readonly accessToken: string;
  /** When the access token expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly refreshToken?: string;
  readonly idToken?: string;
}

/** A provider that users can sign in with. */
export type ConsoleProvider = ProviderSettings & { readonly console: ConsoleClient };

export class ConsoleAtProvider {
  readonly #provider: ConsoleProvider;
  readonly #site: Site;
  readonly #scope: string;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #connections: ProviderConnections;
  #discovered: { readonly server: Promise<oidc.ServerMetadata>; readonly at: number } | undefined;

  constructor(provider: ConsoleProvider, site: Site, { scopesSupported }: Pick<OAuthSettings, 'scopesSupported'>) {
    const { scopes = ['openid', ...scopesSupported], parameters = resourceOf(provider) } = provider.console;
    this.#provider = provider;
    this.#site = site;
    this.#scope = [...new Set(['openid', ...scopes])].join(' ');
    this.#parameters = parameters;
    this.#connections = new ProviderConnections(provider);
  }

  get name(): string {
    return this.#provider.name;
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  /** The URL to redirect the browser to, and what the answer must match. Throws errors of openid-client and of requests. */
  async begin(returnTo: string): Promise<{ readonly url: URL; readonly signIn: SignIn }> {
    const signIn = {
      provider: this.name,
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      returnTo,
    };
    const url = oidc.buildAuthorizationUrl(await this.#configuration(), {
      ...this.#parameters,
      redirect_uri: this.#callback().href,
      scope: this.#scope,
      state: signIn.state,
      nonce: signIn.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(signIn.verifier),
      code_challenge_method: 'S256',
    });
    return { url, signIn };
  }

  /**
   * Exchanges the code in the query of the callback for tokens.
   *
   * @throws errors of openid-client, also for a refusal by the provider or the user, and of requests
   */
  async finish({ state, nonce, verifier }: SignIn, search: string): Promise<IssuedTokens> {
    const answer = this.#callback();
    answer.search = search;
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    return issued(
      await oidc.authorizationCodeGrant(await this.#configuration(), answer, checks, { ...this.#parameters }),
    );
  }

  /** @throws errors of openid-client and of requests */
  async renew(refreshToken: string): Promise<IssuedTokens> {
    return issued(await oidc.refreshTokenGrant(await this.#configuration(), refreshToken, { ...this.#parameters }));
  }

  /**
   * The URL where users end their session at the provider (OpenID Connect RP-Initiated Logout). Null if the provider
   * has no such page.
   */
  async signOutUrl(idToken: string): Promise<URL | null> {
    const configuration = await this.#configuration();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
    return oidc.buildEndSessionUrl(configuration, {
      id_token_hint: idToken,
      post_logout_redirect_uri: urlAt(this.#site, '/console/').href,
    });
  }

  #callback(): URL {
    return urlAt(this.#site, '/auth/callback');
  }

  /** Reads the secret on each use, so that it can be rotated. */
  async #configuration(): Promise<oidc.Configuration> {
    if (this.#discovered === undefined || performance.now() - this.#discovered.at > FRESH_MS) {
      const server = this.#discover();
      this.#discovered = { server, at: performance.now() };
      server.catch(() => (this.#discovered = undefined));
    }
    const server = await this.#discovered.server;
    const { clientId, clientSecret } = this.#provider.console;
    const secret = clientSecret === undefined ? undefined : await readSecret(clientSecret, 'console.clientSecretFile');
    const metadata = { [oidc.clockTolerance]: CLOCK_TOLERANCE_S };
    const configuration = new oidc.Configuration(server, clientId, metadata, authenticationAt(server, secret));
    configuration[oidc.customFetch] = this.#fetch;
    configuration.timeout = TIMEOUT_S;
    if (this.#isInsecure) oidc.allowInsecureRequests(configuration);
    return configuration;
  }

  async #discover(): Promise<oidc.ServerMetadata> {
    const { issuerUrl, console: client } = this.#provider;
    const configuration = await oidc.discovery(new URL(issuerUrl), client.clientId, undefined, oidc.None(), {
      [oidc.customFetch]: this.#fetch,
      timeout: TIMEOUT_S,
      execute: this.#isInsecure ? [oidc.allowInsecureRequests] : [],
    });
    return configuration.serverMetadata();
  }

  /** The configuration allows plain HTTP for loopback only. */
  get #isInsecure(): boolean {
    return this.#provider.issuerUrl.startsWith('http:');
  }

  /** Requests within the limits of the provider's settings, with answers of a limited size. */
  readonly #fetch: oidc.CustomFetch = async (
    address,
    { headers, body, signal = AbortSignal.timeout(TIMEOUT_S * 1000) },
  ) => {
    const url = new URL(address);
    const dispatcher = await this.#connections.dispatcherFor(url);
    const form = body instanceof URLSearchParams ? Object.fromEntries(body) : undefined;
    const answer = await exchange({ url, dispatcher, headers, form, timeoutMs: TIMEOUT_S * 1000, signal });
    const bytes = await boundedBody(answer.body, MAX_BODY_BYTES);
    if (bytes === null) throw new Error(`The answer of ${this.name} is too large`);
    const type = [answer.headers['content-type']].flat()[0] ?? '';
    return new Response(bytes.length === 0 ? null : new Uint8Array(bytes), {
      status: answer.statusCode,
      headers: { 'content-type': type },
    });
  };
}

/** RFC 8707: tokens are meant for this server. */
function resourceOf({ audience }: ProviderSettings): Readonly<Record<string, string>> {
  return /^https?:\/\//.test(audience) ? { resource: audience } : {};
}

/**
 * Authenticates as a public client if there is no secret. Otherwise the secret is in the header, as RFC 6749
 * recommends, unless the provider doesn't support that.
 */
function authenticationAt(server: oidc.ServerMetadata, secret: string | undefined): oidc.ClientAuth {
  if (secret === undefined) return oidc.None();
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return methods.includes('client_secret_basic') ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret);
}

function issued(answer: oidc.TokenEndpointResponse): IssuedTokens {
  const { access_token, expires_in = DEFAULT_LIFETIME_S, refresh_token, id_token } = answer;
  return {
    accessToken: access_token,
    expiresAt: Date.now() + expires_in * 1000,
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
    ...(id_token !== undefined && { idToken: id_token }),
  };
}
