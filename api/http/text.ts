/** Texts in requests. */
import { z } from 'zod';

/** Without NUL, which Postgres can't store. */
export const text = z.string().refine((value) => !value.includes('\0'), 'must not contain the character NUL');
