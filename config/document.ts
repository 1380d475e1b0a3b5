/** Parses a configuration file and locates each value in its text. */

import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';

import { offsetOf, startOf, valueOf } from '../registry/document/yaml-places.ts';
import { isJsonObject, type JsonObject } from '../registry/json.ts';
import { ConfigurationError } from './faults.ts';
import type { ConfigurationFinding } from './model.ts';
import { sourceKinds } from '../sources/index.ts';

export type Path = readonly PropertyKey[];

export interface ConfigurationDocument {
  readonly value: JsonObject;
  /** Returns a finding located at the key or value of a path, or at its nearest existing parent. */
  finding(path: Path, part: 'key' | 'value', message: string): ConfigurationFinding;
}

/**
 * Parses YAML, which includes JSON. A key without a value counts as absent: the lines below it may be commented out.
 *
 * @throws ConfigurationError with every syntax error
 */
export function readDocument(file: string, text: string): ConfigurationDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number, message: string): ConfigurationFinding => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, message };
  };

  const faults = [
    ...[...document.errors, ...document.warnings].map((error) => at(error.pos[0], `YAML: ${error.message}`)),
    ...prototypeKeys(document).map((key) => at(startOf(key), '`__proto__` is not a valid key')),
  ];
  if (faults.length > 0) throw new ConfigurationError(faults);
  if (!isMap(document.contents)) {
    throw new ConfigurationError([
      at(0, 'expected a mapping such as `sources: …`, but the file is empty or has another structure'),
    ]);
  }
  return {
    value: withoutNulls(toValue(document, text, (message) => at(0, message))) as JsonObject,
    finding: (path, part, message) => at(offsetOf(document, path, part), message),
  };
}

/** The validation library drops such keys silently, so they must be reported here. */
function prototypeKeys(document: Document): Node[] {
  const keys: Node[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__') keys.push(key);
    },
  });
  return keys;
}

function toValue(document: Document, text: string, fault: (message: string) => ConfigurationFinding): unknown {
  try {
    return valueOf(document, text);
  } catch (error) {
    // Aliases that can't be expanded are only detected here.
    throw new ConfigurationError([fault(`YAML: ${(error as Error).message}`)]);
  }
}

/** Source kinds that need no settings, and can be written without a value: `managed:`. */
const COMPLETE_WITHOUT_VALUE: ReadonlySet<string> = new Set(
  sourceKinds()
    .filter(({ schema }) => schema.safeParse(null).success)
    .map(({ key }) => key),
);

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).filter(([key, member]) => member !== null || COMPLETE_WITHOUT_VALUE.has(key));
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}
