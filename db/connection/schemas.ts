import { z } from 'zod';

/**
 * Schemas of columns that several queries share. Schemas are built once, when a module is loaded: zod compiles a schema
 * when it first sees a row, which costs more than most queries.
 */

/** An id, opaque outside of the database. */
export const id = z.string();
/** RFC 3339 in UTC (see type-parsers.ts). */
export const timestamp = z.string();
/** A bigint that counts something: far below 2^53. */
export const count = z.coerce.number();

/** Where a statement answers nothing that is looked at. */
export const nothing = z.object({});
