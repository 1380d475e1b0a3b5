/** The public keys of one provider: found, held, and read again when a token names another one. */
import { setTimeout as delay } from 'node:timers/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { ProviderSettings } from '../../../config/model.ts';
import type { ProviderClient } from './provider-client.ts';

/** After this time keys are read again, so that those that were withdrawn are no longer taken. */
const FRESH_MS = 10 * 60_000;
/** For so long they are taken while the provider does not answer. */
const USABLE_MS = 60 * 60_000;
/** Milliseconds between two readings for unknown keys: made-up tokens cause no more requests than this. */
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
  /** A reading for unknown keys that hasn't begun: all tokens that arrive until then wait for it. */
  #nextReading: Promise<LocalKeys> | undefined;
  #nextReadingFrom = Number.NEGATIVE_INFINITY;

  constructor(settings: ProviderSettings, client: ProviderClient) {
    this.#settings = settings;
    this.#client = client;
  }

  /**
   * The key that a token is signed with, for jose. A key counts as unknown only after a reading that began when the token
   * was here already: a made-up key that somebody else has just asked for makes no difference.
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

  /** Callers that need the keys during a reading share it. */
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
