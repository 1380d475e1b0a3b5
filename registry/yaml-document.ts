/** Converts registry documents in YAML to JSON. */
import { LineCounter, parseDocument } from 'yaml';
import { RollcallError } from './failure.ts';

/** Maximum size of a document. YAML can't be read in pieces, so the whole document is buffered. */
export const MAX_YAML_BYTES = 8 * 1024 * 1024;
/** Maximum number of alias expansions: enough for shared blocks, and too few for an alias bomb. */
const MAX_ALIASES = 100;
/** Maximum size of the converted document, in which aliases are expanded. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/**
 * Converts a YAML document to JSON. Keeps the order of members, and drops comments and anchors.
 *
 * @throws RollcallError `DocumentInvalid` if the text isn't YAML (with line and column), or isn't a mapping or list
 */
export function yamlToJson(yaml: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(yaml);
  const value = parse(text);
  if (typeof value !== 'object' || value === null) throw invalid('it must be a mapping or a list', text);
  const json = Buffer.from(JSON.stringify(value));
  if (json.length > MAX_JSON_BYTES)
    throw invalid(`it has more than ${MAX_JSON_BYTES} bytes after expanding its aliases`, text);
  return json;
}

function parse(text: string): unknown {
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
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), text);
  }
}

function invalid(reason: string, text: string): RollcallError {
  const start = JSON.stringify(text.slice(0, 40).trim());
  return new RollcallError(
    'DocumentInvalid',
    `the document begins with ${start}: it isn't JSON and isn't valid YAML either: ${reason}`,
  );
}
