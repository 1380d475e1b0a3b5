/** Texts in requests. */
import { z } from 'zod';

/** Without NUL: Postgres can't store it, so nothing can be found by it. */
export const text = z.string().refine((value) => !value.includes('\0'), 'must not contain the character NUL');
