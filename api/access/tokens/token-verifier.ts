/** Verifies tokens with the provider that issued them, and caches the results for a minute. */
import { hash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { OAuthSettings } from '../../../config/model.ts';
import type { Caller } from '../caller.ts';
import { tokenCaller } from '../token-caller.ts';
import { Provider, type TokenClaims } from './provider.ts';
import { ProviderUnavailable, TokenRejected } from './rejection.ts';

/** A revoked token is accepted for this long at most. */
const REMEMBERED_MS = 60_000;
/** Protects the provider from a client that retries again and again. */
const REJECTION_REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 5_000;

/** RFC 6750 section 2.1. */
const TOKEN = /^[\w.~+/-]+=*$/;

/** Both caches are keyed by a digest, so no token stays in memory. */
export class TokenVerifier {
  readonly #settings: OAuthSettings;
  readonly #providers: readonly Provider[];
  readonly #callers = new LRUCache<string, Caller>({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS });
  /** Results of introspection. */
  readonly #rejections = new LRUCache<string, TokenRejected>({ max: MAX_REMEMBERED, ttl: REJECTION_REMEMBERED_MS });
  readonly #underWay = new Map<string, Promise<Caller>>();

  constructor(settings: OAuthSettings, logger: Logger) {
    this.#settings = settings;
    this.#providers = settings.providers.map((provider) => new Provider(provider, logger));
  }

  /** Reads the keys of all providers. A provider that doesn't respond is asked again when one of its tokens arrives. */
  async prepare(): Promise<void> {
    await Promise.allSettled(this.#providers.map((provider) => provider.prepare()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#providers.map((provider) => provider.close()));
  }

  /**
   * The caller with this token; at once if it is cached.
   *
   * @throws TokenRejected, ProviderUnavailable; also as a rejection.
   */
  callerOf(token: string): Caller | Promise<Caller> {
    const digest = hash('sha256', token, 'base64');
    return this.#callers.get(digest) ?? this.#verifyOnce(digest, token);
  }

  #verifyOnce(digest: string, token: string): Promise<Caller> {
    const underWay =
      this.#underWay.get(digest) ?? this.#verify(digest, token).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, underWay);
    return underWay;
  }

  async #verify(digest: string, token: string): Promise<Caller> {
    if (!TOKEN.test(token)) throw new TokenRejected('The token is malformed');
    const { claims, provider } = isJwtShaped(token)
      ? await this.#verifyJwt(token)
      : await this.#introspect(digest, token);
    const caller = tokenCaller(claims, provider.settings, this.#settings);
    const { exp } = claims;
    const rememberedMs = typeof exp === 'number' ? Math.min(REMEMBERED_MS, exp * 1000 - Date.now()) : REMEMBERED_MS;
    if (rememberedMs >= 1) this.#callers.set(digest, caller, { ttl: rememberedMs });
    return caller;
  }

  async #verifyJwt(token: string): Promise<Answer> {
    const issuer = issuerOf(token);
    const provider = this.#providers.find((candidate) => candidate.isIssuer(issuer));
    if (provider === undefined) throw new TokenRejected('The token is from an issuer that is not trusted here');
    return { provider, claims: await provider.verify(token) };
  }

  async #introspect(digest: string, token: string): Promise<Answer> {
    const rejected = this.#rejections.get(digest);
    if (rejected !== undefined) throw rejected;
    try {
      return await this.#askAll(token);
    } catch (error) {
      if (error instanceof TokenRejected) this.#rejections.set(digest, error);
      throw error;
    }
  }

  /** Asks providers in order until one knows the token. The token is only wrong if all of them responded. */
  async #askAll(token: string): Promise<Answer> {
    let unavailable: ProviderUnavailable | undefined;
    for (const provider of this.#providers) {
      const url = provider.settings.introspectionUrl;
      if (url === undefined) continue;
      try {
        const claims = await provider.introspect(token, url);
        if (claims !== null) return { provider, claims };
      } catch (error) {
        if (!(error instanceof ProviderUnavailable)) throw error;
        unavailable = error;
      }
    }
    throw unavailable ?? new TokenRejected('The token is malformed, unknown, expired, or revoked');
  }
}

interface Answer {
  readonly provider: Provider;
  readonly claims: TokenClaims;
}

/** Whether a token has the parts and the header of a signed (RFC 7515) or encrypted (RFC 7516) JWT. */
function isJwtShaped(token: string): boolean {
  try {
    decodeProtectedHeader(token);
    return true;
  } catch {
    return false;
  }
}

/**
 * The claim `iss` of a JWT, not verified; empty if it has none.
 *
 * @throws TokenRejected for a token whose claims can't be read: malformed or encrypted.
 */
function issuerOf(token: string): string {
  try {
    const { iss }: { iss?: unknown } = decodeJwt(token);
    return typeof iss === 'string' ? iss : '';
  } catch (cause) {
    throw new TokenRejected('The token is malformed or encrypted', { cause });
  }
}
