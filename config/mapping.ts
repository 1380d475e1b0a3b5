/** Mappings of the configuration file: no unknown keys, and rules over several members. */

import { z } from 'zod';

import { isJsonObject, type JsonObject } from '../registry/json.ts';
import type { Path } from './document.ts';

/** What a rule finds fault with: a member of the mapping (or something in it), and why. */
export type Report = (path: Path, message: string) => void;

/** A mapping that knows these keys and no others. `missing` tells what to write where it is needed and not there. */
export function mapping<Shape extends z.ZodRawShape>(
  shape: Shape,
  missing?: string,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: ({ input }) => (input === undefined ? missing : undefined) });
}

/**
 * Add a rule over several members of a mapping. It is checked even where members have faults of their own, so that
 * all faults are told at once: a rule sees members that may be anything.
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

/** A list of mappings that have different names, at least one. */
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
              message: `\`${name}\` is there already`,
            });
          }
          seen.add(name);
        }
      },
      { when: ({ value }) => Array.isArray(value) },
    );
}

/** The mappings in what should be a list of them, each with its index. */
export function mappingsOf(list: unknown): [number, JsonObject][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item, index): [number, JsonObject][] => (isJsonObject(item) ? [[index, item]] : []));
}

/** A key that is known and refused, with the reason. */
export function refused(reason: string): z.ZodOptional<z.ZodNever> {
  return z.never(reason).optional();
}
