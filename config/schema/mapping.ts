/** Mappings in the configuration file: no unknown keys, and rules that span several members. */

import { z } from 'zod';

import { isJsonObject, type JsonObject } from '../../registry/json.ts';
import type { Path } from '../document.ts';

/** Reports a fault at a path relative to the mapping. */
export type Report = (path: Path, message: string) => void;

/** A mapping with exactly these keys. `missing` is the message if the mapping is required but absent. */
export function mapping<Shape extends z.ZodRawShape>(
  shape: Shape,
  missing?: string,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: ({ input }) => (input === undefined ? missing : undefined) });
}

/**
 * Adds a rule that spans several members of a mapping. It runs even if members have faults of their own, so that all
 * faults are reported at once. The rule must therefore accept members of any type.
 */
export function withRule<Schema extends z.ZodType>(
  schema: Schema,
  rule: (value: JsonObject, report: Report) => void,
): Schema {
  return schema.superRefine(
    (value, context) => {
      rule(value as JsonObject, (path, message) => {
        context.addIssue({ code: 'custom', path: [...path], message });
      });
    },
    { when: ({ value }) => isJsonObject(value) },
  );
}

/** A non-empty list of mappings with unique names. */
export function namedList<Item extends z.ZodType>(item: Item, remedy = 'at least one is needed'): z.ZodArray<Item> {
  return z
    .array(item, { error: ({ input }) => (input === undefined ? `is missing: ${remedy}` : undefined) })
    .min(1, `is empty: ${remedy}`)
    .superRefine(
      (items, context) => {
        const seen = new Set<unknown>();
        for (const [index, { name }] of mappingsOf(items)) {
          if (typeof name === 'string' && seen.has(name)) {
            context.addIssue({
              code: 'custom',
              path: [index, 'name'],
              message: `\`${name}\` is a duplicate`,
            });
          }
          seen.add(name);
        }
      },
      { when: ({ value }) => Array.isArray(value) },
    );
}

/** The mappings in a list, each with its index. Other items are skipped. */
export function mappingsOf(list: unknown): [number, JsonObject][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item, index): [number, JsonObject][] => (isJsonObject(item) ? [[index, item]] : []));
}

/** A known key that is refused with a reason. */
export function refused(reason: string): z.ZodOptional<z.ZodNever> {
  return z.never(reason).optional();
}
