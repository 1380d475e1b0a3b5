/** One provider: verifies the tokens that it issued. */
import { errors, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { ProviderSettings } from '../../../config/model.ts';
import { ProviderClient, QuestionRejected } from './provider-client.ts';
import { ProviderUnavailable, TokenRejected } from './rejection.ts';
import { SigningKeys, withoutSlash } from './signing-keys.ts';

/** Allowed difference between clocks. */
const CLOCK_SKEW_SECONDS = 60;

/** All asymmetric algorithms of jose. Never `none`, and never an HMAC, whose secret could be the public key. */
const ALGORITHMS = [
  ['RS256', 'RS384', 'RS512'],
  ['PS256', 'PS384', 'PS512'],
  ['ES256', 'ES384', 'ES512'],
  ['EdDSA', 'Ed25519'],
  ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
].flat();

export type TokenClaims = Readonly<Record<string, unknown>>;

/** RFC 7662 section 2.2. */
const introspection = z.looseObject({
  active: z.boolean(),
  iss: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
});

export class Provider {
  readonly settings: ProviderSettings;
  /** Separate from the other client, because keys and introspection can fail independently. */
  readonly #clients: { readonly keys: ProviderClient; readonly introspection: ProviderClient };
  readonly #keys: SigningKeys;

  constructor(settings: ProviderSettings, logger: Logger) {
    this.settings = settings;
    this.#clients = {
      keys: new ProviderClient(settings, logger),
      introspection: new ProviderClient(settings, logger),
    };
    this.#keys = new SigningKeys(settings, this.#clients.keys);
  }

  isIssuer(issuer: string): boolean {
    return withoutSlash(issuer) === withoutSlash(this.settings.issuerUrl);
  }

  /** Reads the keys before a token needs them. Rejects with ProviderUnavailable; then they are read when needed. */
  async prepare(): Promise<void> {
    await this.#keys.current();
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#clients).map((client) => client.close()));
  }

  /**
   * The claims of a JWT that this provider issued.
   *
   * @throws TokenRejected, or ProviderUnavailable.
   */
  async verify(token: string): Promise<TokenClaims> {
    const { payload, protectedHeader } = await jwtVerify(token, this.#keys.find, {
      algorithms: ALGORITHMS,
      audience: this.settings.audience,
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ['exp'],
    }).catch((error: unknown) => {
      throw failureOf(error);
    });
    if (!mayBeAccessToken(protectedHeader.typ)) throw new TokenRejected('The token is not an access token');
    refuseBoundToken(payload);
    return payload;
  }

  /**
   * The claims of an opaque token, from the provider (RFC 7662); null for a token that the provider doesn't know or
   * doesn't accept as one.
   *
   * @throws TokenRejected for a token that isn't meant for this registry or isn't valid now; ProviderUnavailable.
   */
  async introspect(token: string, url: string): Promise<TokenClaims | null> {
    const form = { token, token_type_hint: 'access_token' };
    const answer = await this.#clients.introspection
      .ask({ url, form }, (json) => introspection.parse(json))
      .catch((error: unknown) => {
        if (error instanceof QuestionRejected) return null;
        throw error;
      });
    if (answer?.active !== true) return null;
    const { iss, aud, exp, nbf } = answer;
    const now = Date.now() / 1000;
    if (iss !== undefined && !this.isIssuer(iss)) throw new TokenRejected(REASONS.iss);
    if (![aud].flat().includes(this.settings.audience)) throw new TokenRejected(REASONS.aud);
    if (exp !== undefined && exp + CLOCK_SKEW_SECONDS <= now) throw new TokenRejected(EXPIRED);
    if (nbf !== undefined && nbf - CLOCK_SKEW_SECONDS > now) throw new TokenRejected(REASONS.nbf);
    refuseBoundToken(answer);
    return { iss: this.settings.issuerUrl, ...answer };
  }
}

/**
 * A token that is bound to a key (RFC 7800) may only be accepted with a proof that the sender holds the key, as in DPoP
 * (RFC 9449) and mutual TLS (RFC 8705). Neither is supported.
 */
function refuseBoundToken(claims: TokenClaims): void {
  if (claims['cnf'] === undefined) return;
  throw new TokenRejected(
    'The token is bound to a key (cnf), which cannot be verified here: request a bearer token without DPoP or mTLS',
  );
}

const EXPIRED = 'The token has expired';
const REASONS = {
  aud: 'The token is for another audience',
  exp: 'The token does not say when it expires',
  iss: 'The token is from an issuer that is not trusted here',
  nbf: 'The token is not valid yet',
} as const;

/**
 * Many providers issue access tokens without a specific type. Other types mark tokens for other purposes, such as logout
 * tokens, which must not be accepted (RFC 8725 section 3.11, RFC 9068 section 4).
 */
function mayBeAccessToken(type: unknown): boolean {
  return type === undefined || (typeof type === 'string' && /^(application\/)?(at\+)?jwt$/i.test(type));
}

function failureOf(error: unknown): TokenRejected | ProviderUnavailable {
  if (error instanceof ProviderUnavailable) return error;
  // jose throws other errors for a key that is broken or too short, which isn't the token's fault.
  const reason =
    error instanceof errors.JOSEError ? reasonOf(error) : 'The token is signed with a key that cannot be used';
  return new TokenRejected(reason, { cause: error });
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return EXPIRED;
  if (error instanceof errors.JWTClaimValidationFailed) {
    return REASONS[error.claim as keyof typeof REASONS] ?? 'The token has a claim that is malformed';
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return 'The token is signed with an algorithm that is not accepted here';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the token is wrong';
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token is signed with a key that its issuer does not have';
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'The token does not say which key of its issuer signed it';
  return 'The token is malformed';
}
