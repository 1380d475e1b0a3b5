/** Names of servers: `namespace/name`, the namespace in reverse-DNS form (`io.github.someone/weather`). */

/** The official pattern of a name, and how many characters it may have (server.schema.json): for publishers. */
export const SERVER_NAME_PATTERN = /^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/;
export const SERVER_NAME_LENGTH = { min: 3, max: 200 } as const;

/**
 * What a name or a version may have in bytes to be stored: both are in one index, whose rows Postgres limits to
 * about 2,700 bytes.
 */
export const MAX_IDENTIFIER_BYTES = 512;

/** Whether an entry of a source can be served under the name: exactly one slash with something on both sides. */
export function isUsableServerName(name: string): boolean {
  return /^[^/\s]+\/[^/\s]+$/u.test(name) && Buffer.byteLength(name) <= MAX_IDENTIFIER_BYTES;
}
