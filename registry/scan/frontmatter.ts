/**
 * Reads the frontmatter of a SKILL.md: YAML between two lines `---` at the start of the file
 * (https://agentskills.io/specification).
 */
import { parseDocument } from 'yaml';
import { isJsonObject, type JsonObject } from '../json.ts';
import { decodeUtf8 } from '../document/text-encoding.ts';
import { valueOf } from '../document/yaml-places.ts';

/** Real frontmatter is shorter than 2 KiB. Parsing YAML costs many times its size. */
const MAX_FRONTMATTER_CHARACTERS = 64 * 1024;
/** Frontmatter has no use for aliases, and a chain of them can expand without limit. */
const MAX_ALIASES = 10;
const START = /^---[ \t]*\r?\n/;
const END = /^---[ \t]*(?:\r?\n|$)/m;

export interface SkillText {
  /** All values are text, lists, or mappings: `version: 1.10` is "1.10", not a number. */
  readonly frontmatter: JsonObject;
  /** The Markdown after the frontmatter. */
  readonly body: string;
}

/** Splits a SKILL.md, or says what is wrong with it, as a phrase that follows the name of the file. */
export function readSkillText(bytes: Uint8Array): SkillText | { readonly fault: string } {
  const decoded = decodeUtf8(bytes);
  if ('invalidLine' in decoded) return { fault: `is not UTF-8 in line ${decoded.invalidLine}` };
  const text = decoded.text.replace(/^\uFEFF/, '');
  const start = START.exec(text);
  if (start === null) return { fault: 'has no frontmatter: its first line must be ---' };
  const rest = text.slice(start[0].length);
  const end = END.exec(rest.slice(0, MAX_FRONTMATTER_CHARACTERS + 8));
  if (end === null) return { fault: 'has frontmatter without an end: the line --- is missing after it' };
  const parsed = parseFrontmatter(rest.slice(0, end.index));
  return 'fault' in parsed ? parsed : { ...parsed, body: rest.slice(end.index + end[0].length) };
}

function parseFrontmatter(yaml: string): { readonly frontmatter: JsonObject } | { readonly fault: string } {
  try {
    const document = parseDocument(yaml, { schema: 'failsafe', logLevel: 'error', prettyErrors: false });
    const [error] = document.errors;
    if (error !== undefined) {
      const line = yaml.slice(0, error.pos[0]).split('\n').length + 1;
      return { fault: `has frontmatter that isn't YAML: ${error.message}, at line ${line}` };
    }
    const value = valueOf(document, yaml, MAX_ALIASES);
    return isJsonObject(value) ? { frontmatter: value } : { fault: "has frontmatter that isn't a mapping" };
  } catch (cause) {
    return { fault: `has frontmatter that can't be read: ${cause instanceof Error ? cause.message : String(cause)}` };
  }
}
