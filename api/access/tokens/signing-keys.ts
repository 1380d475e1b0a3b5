/** The public keys of one provider: found, held, and looked for anew when tokens name others. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { ProviderSettings } from '../../../config/model.ts';
import type { ProviderClient } from './provider-client.ts';

/** After this time keys are read again, so that those that were withdrawn are no longer taken. */
const FRESH_MS = 10 * 60_000;
/** For so long they are taken while the provider does not answer. */
const USABLE_MS = 60 * 60_000;
/** Between two readings because of a key that nobody knows: who makes such tokens up makes no more requests than this. */
const UNKNOWN_KEY_PAUSE_MS = 10_000;

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
  #unknownKeyAt = Number.NEGATIVE_INFINITY;

  constructor(settings: ProviderSettings, client: ProviderClient) {
    this.#settings = settings;
    this.#client = client;
  }

  /**
   * The key that a token is signed with, for jose.
   *
   * @throws errors of jose where there is none, ProviderUnavailable where that can't be known now.
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.#mayLookForUnknownKey()) throw error;
      return await (
        await this.#read()
      )(header, token);
    }
  };

  /** @throws ProviderUnavailable where they were never read, or too long ago. */
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

  #mayLookForUnknownKey(): boolean {
    if (performance.now() - this.#unknownKeyAt < UNKNOWN_KEY_PAUSE_MS) return this.#reading !== undefined;
    this.#unknownKeyAt = performance.now();
    return true;
  }

  /** Who asks while they are being read waits for the same reading. */
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

/** Some providers write their issuer with a slash at the end, and people leave it out. */
export function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, '');
}
