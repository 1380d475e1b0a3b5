/** Values that a browser keeps for us, encrypted and authenticated: JWE with a shared key (RFC 7516, `dir`). */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import type { z } from 'zod';
import type { SessionKeys } from './session-keys.ts';

const ENCRYPTION = 'A256GCM';
/** Tokens of providers with many groups are larger than cookies, and deflate well. */
const MAX_INFLATED_BYTES = 64 * 1024;

/** A kind of value. A value that was sealed for one purpose can't be opened for another. */
export interface Purpose<Value> {
  readonly name: string;
  readonly schema: z.ZodType<Value>;
  readonly lifetimeMs: number;
}

export class SealedValues {
  readonly #keys: SessionKeys;

  constructor(keys: SessionKeys) {
    this.#keys = keys;
  }

  /**
   * Seals a value: URL-safe text.
   *
   * @param since the beginning of the lifetime, in milliseconds since the epoch
   * @throws what reading the secrets throws
   */
  async seal<Value>({ name, lifetimeMs }: Purpose<Value>, value: Value, since: number): Promise<string> {
    const { id, key } = await this.#keys.sealing();
    return await new EncryptJWT({ v: deflateRawSync(JSON.stringify(value)).toString('base64url') })
      .setProtectedHeader({ alg: 'dir', enc: ENCRYPTION, kid: id })
      .setAudience(name)
      .setExpirationTime(new Date(since + lifetimeMs))
      .encrypt(key);
  }

  /**
   * Opens a value. Null if it is forged, expired, for another purpose, or sealed with a key that is gone.
   *
   * @throws what reading the secrets throws
   */
  async open<Value>({ name, schema }: Purpose<Value>, sealed: string): Promise<Value | null> {
    try {
      const { payload } = await jwtDecrypt<{ v: string }>(sealed, async ({ kid }) => await this.#keyOf(kid), {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: [ENCRYPTION],
        audience: name,
        requiredClaims: ['exp'],
      });
      const text = inflateRawSync(Buffer.from(payload.v, 'base64url'), { maxOutputLength: MAX_INFLATED_BYTES });
      return schema.safeParse(JSON.parse(text.toString())).data ?? null;
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  async #keyOf(id: unknown): Promise<Uint8Array> {
    const found = typeof id === 'string' ? await this.#keys.find(id) : undefined;
    if (found === undefined) throw new errors.JWEDecryptionFailed();
    return found.key;
  }
}
