/** The public keys of one provider: discovered, cached, and read again when a token names an unknown one. */
import { setTimeout as delay } from 'node:timers/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { ProviderSettings } from '../../../config/model.ts';
import type { ProviderClient } from './provider-client.ts';

/** Keys are fetched again after this time, so that withdrawn keys stop being accepted. */
const FRESH_MS = 10 * 60_000;
/** How long keys stay valid while the provider doesn't respond. */
const USABLE_MS = 60 * 60_000;
/** Minimum milliseconds between two reads for unknown keys, which limits the requests that forged tokens cause. */
const UNKNOWN_KEY_PAUSE_MS = 1_000;

/** OpenID Connect Discovery 1.0 section 3. */
const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.string() });
/** RFC 7517 section 5. */
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

type LocalKeys = ReturnType<typeof createLocalJWKSet>;

export class SigningKeys {
  readonly #settings: ProviderSettings;
  readonly #client: ProviderClient;
  #held: { readonly keys: LocalKeys; readonly readAt: number } | undefined;
  #reading: Promise<LocalKeys> | undefined;
  /** A read for unknown keys that hasn't started. All tokens that arrive until then wait for it. */
  #nextReading: Promise<LocalKeys> | undefined;
  #nextReadingFrom = Number.NEGATIVE_INFINITY;

  constructor(settings: ProviderSettings, client: ProviderClient) {
    this.#settings = settings;
    this.#client = client;
  }

  /**
   * The key that signed a token, for jose. A key only counts as unknown after a read that started after the token arrived,
   * so forged keys of other callers make no difference.
   *
   * @throws errors of jose if there is no such key, ProviderUnavailable if that can't be found out now.
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const newest = await this.#readAgain();
      return await newest(header, token);
    }
  };

  /** @throws ProviderUnavailable if they were never read, or too long ago. */
  async current(): Promise<LocalKeys> {
    const age = this.#held === undefined ? Number.POSITIVE_INFINITY : performance.now() - this.#held.readAt;
    if (this.#held !== undefined && age < FRESH_MS) return this.#held.keys;
    try {
      return await this.#read();
    } catch (error) {
      if (this.#held !== undefined && age < USABLE_MS) return this.#held.keys;
      throw error;
    }
  }

  #readAgain(): Promise<LocalKeys> {
    this.#nextReading ??= this.#readAfterPause();
    return this.#nextReading;
  }

  async #readAfterPause(): Promise<LocalKeys> {
    await delay(Math.max(0, this.#nextReadingFrom - performance.now()));
    await this.#reading?.catch(() => undefined);
    this.#nextReading = undefined;
    this.#nextReadingFrom = performance.now() + UNKNOWN_KEY_PAUSE_MS;
    return await this.#read();
  }

  /** Callers that need the keys during a read share it. */
  #read(): Promise<LocalKeys> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<LocalKeys> {
    const url = this.#settings.jwksUrl ?? (await this.#discover());
    const keys = await this.#client.ask({ url }, (answer) => createLocalJWKSet(keySet.parse(answer) as JSONWebKeySet));
    this.#held = { keys, readAt: performance.now() };
    return keys;
  }

  async #discover(): Promise<string> {
    const issuer = withoutSlash(this.#settings.issuerUrl);
    return await this.#client.ask({ url: `${issuer}/.well-known/openid-configuration` }, (answer) => {
      const document = discoveryDocument.parse(answer);
      if (withoutSlash(document.issuer) === issuer) return new URL(document.jwks_uri).href;
      throw new Error(`It calls itself "${document.issuer}", which is not its issuerUrl`);
    });
  }
}

/** Some providers write their issuer with a trailing slash, and users leave it out. */
export function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, '');
}
