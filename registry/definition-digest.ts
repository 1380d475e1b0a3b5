/** Digests of source definitions, for comparing definitions by reference. */
import { hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { SourceDefinition } from './source-definition.ts';

/** Identifies a whole definition without revealing its content. Equal fingerprints mean equal definitions. */
export function definitionFingerprint(definition: SourceDefinition): string {
  return digestOf(definition);
}

/** Increase when the same document would produce different entries, so that every source is fetched again. */
const READING = 2;

/**
 * Identifies everything that determines which entries a fetch finds: origin, format, filter, and the version of the
 * document reader. Other settings, such as the interval, don't change the digest.
 */
export function definitionDigest({ origin, format, filter }: SourceDefinition): string {
  return digestOf([READING, origin, format ?? null, filter ?? null]);
}

function digestOf(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'hex').slice(0, 32);
}
