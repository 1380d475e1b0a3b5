/** The keys that seal cookies: made from secrets that all api processes share. */
import { hash, hkdfSync } from 'node:crypto';
import type { OAuthSettings } from '../../config/model.ts';
import { readSecret } from '../../config/secrets.ts';
import type { Database } from '../../db/connection/database.ts';
import { currentSessionSecrets } from '../../db/configuration/session-keys.ts';
import { RollcallError } from '../../registry/failure.ts';

const DAY_MS = 24 * 60 * 60_000;
/** A generated secret seals for a month. It opens for another day, longer than any session lasts. */
const GENERATED_AGES = { sealsForMs: 30 * DAY_MS, opensForMs: 31 * DAY_MS } as const;
/** How long keys are used before their secrets are read again. */
const READ_AGAIN_MS = 60_000;
/** Minimum time between two reads that are caused by unknown keys. */
const UNKNOWN_KEY_PAUSE_MS = 1_000;
const MIN_SECRET_LENGTH = 32;

export interface SessionKey {
  /** The id is sent with each sealed value. It reveals nothing about the key. */
  readonly id: string;
  /** The key for AES-256. */
  readonly key: Uint8Array;
}

export class SessionKeys {
  readonly #readSecrets: () => Promise<readonly Buffer[]>;
  #keys: Promise<readonly SessionKey[]> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  /** @param readSecrets returns the secrets, the one that seals first */
  constructor(readSecrets: () => Promise<readonly Buffer[]>) {
    this.#readSecrets = readSecrets;
  }

  /** The key that seals. Throws what reading the secrets throws. */
  async sealing(): Promise<SessionKey> {
    const [newest] = await this.#current(READ_AGAIN_MS);
    if (newest === undefined) throw new RollcallError('SecretUnavailable', 'there is no secret for sessions');
    return newest;
  }

  /** The key with this id. Undefined if it doesn't exist, or has expired. */
  async find(id: string): Promise<SessionKey | undefined> {
    const known = (await this.#current(READ_AGAIN_MS)).find((key) => key.id === id);
    return known ?? (await this.#current(UNKNOWN_KEY_PAUSE_MS)).find((key) => key.id === id);
  }

  async #current(maxAgeMs: number): Promise<readonly SessionKey[]> {
    if (this.#keys === undefined || performance.now() - this.#readAt > maxAgeMs) {
      this.#readAt = performance.now();
      this.#keys = this.#readSecrets().then((secrets) => secrets.map(keyOf));
      this.#keys.catch(() => (this.#keys = undefined));
    }
    return await this.#keys;
  }
}

/**
 * Reads the secrets from the configured file, with one per line and the newest first, or else generates them in
 * Postgres.
 */
export function createSessionKeys({ sessionSecret }: OAuthSettings, database: Database): SessionKeys {
  if (sessionSecret === undefined) {
    return new SessionKeys(async () => await currentSessionSecrets(database, GENERATED_AGES));
  }
  return new SessionKeys(async () => {
    const secrets = (await readSecret(sessionSecret, 'auth.oauth.sessionSecretFile')).split(/\s+/);
    if (secrets.some((secret) => secret.length < MIN_SECRET_LENGTH)) {
      throw new RollcallError(
        'SecretUnavailable',
        `a line of auth.oauth.sessionSecretFile is shorter than ${MIN_SECRET_LENGTH} characters: use \`openssl rand -base64 32\``,
      );
    }
    return secrets.map((secret) => Buffer.from(secret));
  });
}

function keyOf(secret: Buffer): SessionKey {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'rollcall console session', 32));
  return { id: hash('sha256', key, 'base64url').slice(0, 16), key };
}
