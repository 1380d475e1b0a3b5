/** What no JSON document may have that is to be stored and served, whatever it means. */
import { isJsonObject, type JsonObject, jsonPath } from './json.ts';

/** Levels of objects and arrays inside each other. No published server.json has more than ten. */
const MAX_NESTING = 100;

export interface StructureFault {
  readonly path: string;
  readonly message: string;
}

/** What is known of a document from reading it. */
export interface WrittenDocument {
  readonly text: string;
  /** How many levels are inside each other at most. */
  readonly nesting?: number | undefined;
}

/** The first thing in the document that cannot be stored or safely walked, or null. */
export function structureFault(document: unknown, written?: WrittenDocument): StructureFault | null {
  const fault = written !== undefined && isPlain(written) ? null : faultWithin(document, []);
  return fault ?? (isJsonObject(document) ? ambiguityFault(document) : null);
}

/** In JSON, what cannot be stored is written with an escape, so that the most documents need not be walked. */
function isPlain({ text, nesting = Infinity }: WrittenDocument): boolean {
  return nesting <= MAX_NESTING && !text.includes(String.raw`\u`);
}

/**
 * Clients in Go take members for each other that differ in upper and lower case alone, and believe the last one: what is
 * published as `com.example/tool` would be another server's for them.
 */
function ambiguityFault(document: JsonObject): StructureFault | null {
  const member = Object.keys(document).find(
    (key) => key !== 'name' && key !== 'version' && /^(?:name|version)$/iu.test(key),
  );
  if (member === undefined) return null;
  return {
    path: jsonPath([member]),
    message: 'differs from a member that every document has in upper and lower case alone',
  };
}

function faultWithin(value: unknown, path: PropertyKey[]): StructureFault | null {
  if (typeof value === 'string') {
    return textFault(value, path);
  }
  if (!Array.isArray(value) && !isJsonObject(value)) {
    return null;
  }
  if (path.length >= MAX_NESTING) {
    return { path: jsonPath(path.slice(0, 3)), message: `is nested deeper than ${MAX_NESTING} levels` };
  }
  const isObject = !Array.isArray(value);
  for (const key of Object.keys(value)) {
    path.push(isObject ? key : Number(key));
    const fault = (isObject ? textFault(key, path) : null) ?? faultWithin((value as JsonObject)[key], path);
    if (fault !== null) {
      return fault;
    }
    path.pop();
  }
  return null;
}

/** Postgres stores neither the character NUL nor half of a surrogate pair. */
function textFault(text: string, path: readonly PropertyKey[]): StructureFault | null {
  if (text.includes('\0')) {
    return { path: jsonPath(path), message: 'holds a NUL character, which cannot be stored' };
  }
  if (!text.isWellFormed()) {
    return { path: jsonPath(path), message: 'holds half of a surrogate pair, which is no valid Unicode' };
  }
  return null;
}
