/** Structural limits on JSON documents that are stored and served. */
import { isLongerThan } from '../byte-length.ts';
import { isJsonObject, type JsonObject, jsonPath } from '../json.ts';

/** Maximum size of a document in bytes: 1 MiB. */
export const MAX_DOCUMENT_BYTES = 1024 * 1024;
/** Maximum nesting depth. No published server.json has more than ten levels. */
const MAX_NESTING = 100;

export interface StructureFault {
  readonly path: string;
  readonly message: string;
}

/** The members of a document that identify its entry. */
export interface IdentifyingMembers {
  readonly names: readonly string[];
  readonly inAnyCase: RegExp;
}

/** Call it once per kind of document: it compiles a pattern. */
export function identifyingMembers(...names: readonly string[]): IdentifyingMembers {
  return { names, inAnyCase: new RegExp(`^(?:${names.join('|')})$`, 'iu') };
}

const OF_SERVERS = identifyingMembers('name', 'version');

/** Properties of a document that are known from scanning it. */
export interface WrittenDocument {
  readonly text: string;
  /** Upper limit of the nesting depth. */
  readonly nesting?: number | undefined;
}

/**
 * The first part of the document that can't be stored or safely traversed, or null.
 *
 * @param written the text, if it is known: its size is then checked too. Default: unknown
 * @param members the members that identify the entry. Default: those of a server
 */
export function structureFault(
  document: unknown,
  written?: WrittenDocument,
  members: IdentifyingMembers = OF_SERVERS,
): StructureFault | null {
  if (written !== undefined && isLongerThan(written.text, MAX_DOCUMENT_BYTES)) {
    return { path: '', message: `is larger than ${MAX_DOCUMENT_BYTES} bytes` };
  }
  const fault = written !== undefined && isPlain(written) ? null : faultWithin(document, []);
  return fault ?? (isJsonObject(document) ? ambiguityFault(document, members) : null);
}

/** Text that can't be stored needs an escape sequence in JSON, so most documents need no traversal. */
function isPlain({ text, nesting = Infinity }: WrittenDocument): boolean {
  return nesting <= MAX_NESTING && !text.includes(String.raw`\u`);
}

/**
 * Go's JSON decoder ignores the case of member names, and the last match wins. A second `Name` member could therefore
 * make Go clients read `com.example/tool` as a different server.
 */
function ambiguityFault(document: JsonObject, { names, inAnyCase }: IdentifyingMembers): StructureFault | null {
  const member = Object.keys(document).find((key) => !names.includes(key) && inAnyCase.test(key));
  if (member === undefined) return null;
  return {
    path: jsonPath([member]),
    message: 'differs only in case from a standard member',
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

/** Postgres can't store NUL characters or unpaired surrogates. */
function textFault(text: string, path: readonly PropertyKey[]): StructureFault | null {
  if (text.includes('\0')) {
    return { path: jsonPath(path), message: "contains a NUL character, which can't be stored" };
  }
  if (!text.isWellFormed()) {
    return { path: jsonPath(path), message: "contains an unpaired surrogate, which isn't valid Unicode" };
  }
  return null;
}
