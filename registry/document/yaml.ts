/** Converts registry documents in YAML to JSON. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { RollcallError } from '../failure.ts';
import type { JsonPath } from './json-elements.ts';
import { decodeUtf8 } from './text-encoding.ts';
import { valueOf } from './yaml-places.ts';

/** Maximum size of a document. YAML can't be read in pieces, so the whole document is buffered. */
export const MAX_YAML_BYTES = 8 * 1024 * 1024;
/** Maximum number of alias expansions: enough for shared blocks, and too few for an alias bomb. */
const MAX_ALIASES = 100;
/** Maximum size of the converted document, in which aliases are expanded. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;
/** More than a document of `MAX_YAML_BYTES` can have valid entries; an entry beyond them has no position. */
const MAX_POSITIONS = 100_000;
/** The members of documents and groups that contain entries, directly or in other such members. */
const CONTAINERS: readonly unknown[] = ['data', 'servers', 'remote_servers', 'groups'];

/** A position in a document: the line, and the character of the line, both starting at 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** The positions of a document's entries, by the keys of their paths. */
export type Positions = ReadonlyMap<string, Position>;

/** The key of an entry in `Positions`. */
export function positionKey(path: JsonPath): string {
  return JSON.stringify(path);
}

/** A YAML document in JSON, with the original positions of its entries. */
export interface ConvertedYaml {
  readonly json: Uint8Array;
  readonly positions: Positions;
}

/**
 * Converts a YAML document to JSON. Keeps the order of members, and drops comments and anchors.
 *
 * @throws RollcallError `DocumentInvalid` if the text isn't YAML (with line and column), isn't a mapping or list, or isn't
 *   UTF-8
 */
export function yamlToJson(yaml: Uint8Array): ConvertedYaml {
  const decoded = decodeUtf8(yaml);
  if ('invalidLine' in decoded) {
    const where = `line ${decoded.invalidLine}`;
    throw new RollcallError('DocumentInvalid', `${where} is not valid UTF-8: save the document as UTF-8`);
  }
  const { text } = decoded;
  const { value, positions } = parse(text);
  if (typeof value !== 'object' || value === null) throw invalid('it must be a mapping or a list', text);
  const json = Buffer.from(JSON.stringify(value));
  if (json.length > MAX_JSON_BYTES)
    throw invalid(`it has more than ${MAX_JSON_BYTES} bytes after expanding its aliases`, text);
  return { json, positions };
}

function parse(text: string): { readonly value: unknown; readonly positions: Positions } {
  const lineCounter = new LineCounter();
  let document;
  try {
    document = parseDocument(text, { lineCounter, merge: true, prettyErrors: false, logLevel: 'error' });
  } catch (cause) {
    throw invalid(cause instanceof RangeError ? 'it is nested too deeply' : String(cause), text);
  }
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw invalid(`${error.message}, at line ${line}, column ${col}`, text);
  }
  try {
    return { value: valueOf(document, text, MAX_ALIASES), positions: findEntries(document, lineCounter) };
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), text);
  }
}

/** The position of an entry in a mapping is that of its key. The position of an aliased entry is that of the alias. */
function findEntries(document: Document, lineCounter: LineCounter): Positions {
  const positions = new Map<string, Position>();
  const visit = (node: unknown, path: JsonPath, place: unknown = node): void => {
    if (positions.size >= MAX_POSITIONS) return;
    if (isNode(place) && place.range !== undefined && place.range !== null) {
      const { line, col } = lineCounter.linePos(place.range[0]);
      positions.set(positionKey(path), { line, column: col });
    }
    if (!holdsEntries(path)) return;
    const container = isAlias(node) ? node.resolve(document) : node;
    if (isSeq(container)) container.items.forEach((item, index) => visit(item, [...path, index]));
    if (!isMap(container)) return;
    for (const { key, value } of container.items) {
      if (isScalar(key)) visit(value, [...path, String(key.value)], key);
    }
  };
  visit(document.contents, []);
  return positions;
}

function holdsEntries(path: JsonPath): boolean {
  if (path.length > 5) return false;
  return (
    path.length === 0 ||
    CONTAINERS.includes(path.at(-1)) ||
    (path.at(-2) === 'groups' && typeof path.at(-1) === 'number')
  );
}

function invalid(reason: string, text: string): RollcallError {
  const start = JSON.stringify(text.slice(0, 40).trim());
  return new RollcallError(
    'DocumentInvalid',
    `the document begins with ${start}: it isn't JSON and isn't valid YAML either: ${reason}`,
  );
}
