/** Registry documents written in YAML. */
import { LineCounter, parseDocument } from 'yaml';
import { RollcallError } from './failure.ts';

/** YAML can't be read piece by piece: the whole document is held, so it may be no larger than this. */
export const MAX_YAML_BYTES = 8 * 1024 * 1024;
/** How often aliases may be expanded: enough for shared blocks, too few for a document that explodes. */
const MAX_ALIASES = 100;

/**
 * The same document in JSON. Comments and anchors are gone, member order is kept.
 *
 * @throws RollcallError `DocumentInvalid` where the text is not YAML, with line and column, or not a mapping or list.
 */
export function yamlToJson(yaml: Uint8Array): Uint8Array {
  const lineCounter = new LineCounter();
  const text = new TextDecoder().decode(yaml);
  const document = parseDocument(text, { lineCounter, merge: true, prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw invalid(`${error.message}, at line ${line}, column ${col}`, text);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), text);
  }
  if (typeof value !== 'object' || value === null) throw invalid('it holds no mapping and no list', text);
  return Buffer.from(JSON.stringify(value));
}

function invalid(reason: string, text: string): RollcallError {
  const start = JSON.stringify(text.slice(0, 40).trim());
  return new RollcallError(
    'DocumentInvalid',
    `the document begins with ${start}: it is not JSON, and as YAML not valid: ${reason}`,
  );
}
