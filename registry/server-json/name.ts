/** Server names: `namespace/name`, with the namespace in reverse-DNS form (`io.github.someone/weather`). */
import { isLongerThan } from '../byte-length.ts';
import { kindOfName } from '../entry-kind.ts';

/** Pattern and length of a name in the official server.schema.json, required for publishing. */
export const SERVER_NAME_PATTERN = /^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/;
export const SERVER_NAME_LENGTH = { min: 3, max: 200 } as const;

/**
 * Maximum size of a name or version in bytes. Both are in one index, and Postgres limits index rows to about 2,700
 * bytes.
 */
export const MAX_IDENTIFIER_BYTES = 512;

/**
 * Whether a server with this name can be served: the name must have exactly one slash, with text on both sides, and must
 * not be the stored name of a skill or plugin.
 */
export function isUsableServerName(name: string): boolean {
  const isPath = /^[^/\s]+\/[^/\s]+$/u.test(name);
  return isPath && kindOfName(name) === 'server' && !isLongerThan(name, MAX_IDENTIFIER_BYTES);
}
