import { z } from 'zod';

/**
 * Column schemas that several queries share. Create schemas once per module, not per query: zod compiles a schema when it
 * first sees a row, which takes longer than most queries.
 */

/** An id, opaque outside of the database. */
export const id = z.string();
/** A timestamp in RFC 3339 and UTC (see pool.ts). */
export const timestamp = z.string();
/** A bigint far below 2^53. */
export const count = z.coerce.number();

/** For statements whose rows don't matter. */
export const nothing = z.object({});
