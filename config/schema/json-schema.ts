/** JSON Schema of the configuration file, for editors and for looking up keys and variables. */

import { z } from 'zod';

import type { Path } from '../document.ts';
import { type Generation, GENERATIONS } from './file.ts';

/** The parts of a JSON Schema that are used here. */
export interface SchemaNode {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, SchemaNode>> | undefined;
  readonly items?: SchemaNode | undefined;
  readonly additionalProperties?: SchemaNode | boolean | undefined;
  readonly anyOf?: readonly SchemaNode[] | undefined;
  readonly not?: object | undefined;
}

/** JSON Schema for all generations of the file. Draft 7 has the best editor support. */
export function configurationJsonSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Rollcall configuration',
    anyOf: Object.keys(GENERATIONS).map((generation) => {
      const { $schema: _, ...schema } = toJsonSchema(generation as Generation);
      return schema;
    }),
  };
}

/** The schema of one generation, for looking up keys. */
export function generationSchema(generation: Generation): SchemaNode {
  return toJsonSchema(generation) as SchemaNode;
}

function toJsonSchema(generation: Generation): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(GENERATIONS[generation], { io: 'input', target: 'draft-07' });
}

export function knownKeys(schema: SchemaNode, path: Path): string[] {
  const node = path.reduce<SchemaNode | undefined>((parent, segment) => {
    if (typeof segment === 'number') return parent?.items;
    const further = parent?.additionalProperties;
    return parent?.properties?.[String(segment)] ?? (typeof further === 'object' ? further : undefined);
  }, schema);
  return Object.entries(node?.properties ?? {})
    .filter(([, property]) => property.not === undefined)
    .map(([key]) => key);
}
