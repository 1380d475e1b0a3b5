/** Registry documents written in YAML. */
import { LineCounter, parseDocument } from 'yaml';
import { RollcallError } from './failure.ts';

/** YAML can't be read piece by piece: the whole document is held, so it may be no larger than this. */
export const MAX_YAML_BYTES = 8 * 1024 * 1024;
/** How often aliases may be expanded: enough for shared blocks, too few for a document that explodes. */
const MAX_ALIASES = 100;
/** Bytes of the same document in JSON: what aliases repeat is repeated there. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/**
 * The same document in JSON. Comments and anchors are gone, member order is kept.
 *
 * @throws RollcallError `DocumentInvalid` where the text is not YAML, with line and column, or not a mapping or list.
 */
export function yamlToJson(yaml: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(yaml);
  const value = parse(text);
  if (typeof value !== 'object' || value === null) throw invalid('it holds no mapping and no list', text);
  const json = Buffer.from(JSON.stringify(value));
  if (json.length > MAX_JSON_BYTES) throw invalid(`it has more than ${MAX_JSON_BYTES} bytes with all aliases`, text);
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
    `the document begins with ${start}: it is not JSON, and as YAML not valid: ${reason}`,
  );
}
