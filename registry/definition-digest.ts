/** Digests of source definitions, for comparing them without carrying them around. */
import { hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { SourceDefinition } from './source-definition.ts';

/** Identifies a whole definition: equal fingerprints mean equal definitions. It gives none of its texts away. */
export function definitionFingerprint(definition: SourceDefinition): string {
  return digestOf(definition);
}

/** Increased when the same documents would be read as other entries, so that every source is fetched again. */
const READING = 2;

/**
 * Identifies what decides which entries a fetch finds: the part of the definition, and the way in which documents are
 * read. Another origin, format or filter means other entries, another interval does not.
 */
export function definitionDigest({ origin, format, filter }: SourceDefinition): string {
  return digestOf([READING, origin, format ?? null, filter ?? null]);
}

function digestOf(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'hex').slice(0, 32);
}
