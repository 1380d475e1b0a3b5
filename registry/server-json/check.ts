/**
 * Checks a server.json against the rules of the official registry. A publish with faults is refused. In a sync, the
 * same faults are only warnings, because published documents often have some and must still be served.
 */
import type { z } from 'zod';
import { structureFault } from '../document/structure.ts';
import { DUPLICATE_MESSAGE, duplicateMember } from '../document/duplicate-members.ts';
import { isJsonObject, type JsonObject, jsonPath } from '../json.ts';
import { type RuleFault, ruleFaults } from './rules.ts';
import { serverJsonSchema } from './schema.ts';

export interface Fault {
  /** Place of the fault: `packages[0].transport.url`, `_meta["a/b"]`. Empty for the document itself. */
  readonly path: string;
  /** What is wrong, as a phrase that follows the path: "is required", "must be a string". */
  readonly message: string;
}

export interface CheckOptions {
  /** The original text, for finding duplicate members. */
  readonly text?: string;
  /** Maximum size of `_meta["io.modelcontextprotocol.registry/publisher-provided"]` in bytes of JSON. Default 4 KiB. */
  readonly publisherExtensionBytes?: number;
}

const PUBLISHER_EXTENSION_BYTES = 4096;
/** Maximum number of reported faults. A document of 1 MiB can have a million. */
const MAX_FAULTS = 100;
/** Maximum length of a path or message. */
const MAX_TEXT_LENGTH = 300;
/** The lists of documents whose elements are validated. */
const CHECKED_LISTS = ['packages', 'remotes', 'icons', 'allowedTools'] as const;
/** Maximum number of values in these lists, at all levels. No published document has a thousand. */
const MAX_CHECKED_VALUES = 10_000;

/**
 * Returns the faults of the document: one per path, and at most 100. An additional one gives the number of the others.
 */
export function checkServerJson(document: unknown, options: CheckOptions = {}): Fault[] {
  const structure = structureFault(document);
  // Skip further checks: the schema would recurse into a document of any depth.
  if (structure !== null) return [structure];
  const duplicate = options.text === undefined ? null : duplicateMember(options.text, document);
  return duplicate === null ? contentFaults(document, options) : [{ path: duplicate, message: DUPLICATE_MESSAGE }];
}

/** Like `checkServerJson`, for a document that is known to have no `structureFault`. */
export function contentFaults(document: unknown, options: CheckOptions = {}): Fault[] {
  const { publisherExtensionBytes = PUBLISHER_EXTENSION_BYTES } = options;
  return faultsBy(serverJsonSchema, document, (checked) => ruleFaults(checked, { publisherExtensionBytes }));
}

/**
 * The faults of a document by a schema, as `checkServerJson` returns them.
 *
 * @param rules further faults of a document without oversized lists. Default: none
 */
export function faultsBy(
  schema: z.ZodType,
  document: unknown,
  rules: (checked: JsonObject) => readonly RuleFault[] = () => [],
): Fault[] {
  if (!isJsonObject(document)) return firstFaults(schemaFaults(schema, document));
  const { checked, faults } = withoutOversizedLists(document);
  const ofRules = rules(checked).map(({ path, message }) => ({ path: jsonPath(path), message }));
  const byPath = new Map<string, Fault>();
  for (const fault of [...faults, ...schemaFaults(schema, checked), ...ofRules]) {
    if (!byPath.has(fault.path)) byPath.set(fault.path, fault);
  }
  return firstFaults([...byPath.values()]);
}

/** Returns the first 100 faults, and one more with the number of the others. */
export function firstFaults(faults: readonly Fault[]): Fault[] {
  const first = faults
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => ({ path: shortened(path), message: shortened(message) }));
  const more = faults.length - first.length;
  return more === 0 ? first : [...first, { path: '', message: `has ${more} more faults` }];
}

/** Returns the first 100 warnings, and one more with the number of the others. */
export function firstWarnings(warnings: readonly string[]): string[] {
  const more = warnings.length - MAX_FAULTS;
  return more <= 0 ? [...warnings] : [...warnings.slice(0, MAX_FAULTS), `the document has ${more} more faults`];
}

function shortened(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
}

/** Excludes huge lists, which are a mistake or an attack: the schema would collect several faults per value. */
function withoutOversizedLists(document: JsonObject): { checked: JsonObject; faults: Fault[] } {
  const lists = CHECKED_LISTS.filter((member) => Array.isArray(document[member]));
  if (!hasMoreValues(lists.map((member) => document[member]))) return { checked: document, faults: [] };
  const checked = { ...document };
  for (const member of lists) delete checked[member];
  const message = `has more than ${MAX_CHECKED_VALUES} values in ${lists.join(', ')}`;
  return { checked, faults: [{ path: '', message }] };
}

function hasMoreValues(lists: readonly unknown[]): boolean {
  const waiting = [...lists];
  let values = 0;
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const value of Object.values(next)) {
      values += 1;
      if (values > MAX_CHECKED_VALUES) return true;
      waiting.push(value);
    }
  }
  return false;
}

/** Formats a fault as one sentence. */
export function faultText({ path, message }: Fault): string {
  return `${path === '' ? 'the document' : path} ${message}`;
}

/** The faults of a document according to a schema, one for each issue. */
function schemaFaults(schema: z.ZodType, document: unknown): Fault[] {
  const result = schema.safeParse(document, { error: wording });
  return (result.error?.issues ?? []).map(({ path, message }) => ({ path: jsonPath(path), message }));
}

/** The message of an issue without one in the schema. */
function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined) {
    return 'is required';
  }
  if (issue.code === 'invalid_type') {
    return `must be ${withArticle(issue.expected)}`;
  }
  if (issue.code === 'too_small') {
    return issue.minimum === 1 ? 'must not be empty' : `must have at least ${issue.minimum} characters`;
  }
  if (issue.code === 'too_big') {
    return `must have at most ${issue.maximum} characters`;
  }
  return issue.code === 'invalid_value' ? `must be one of ${issue.values.join(', ')}` : undefined;
}

function withArticle(type: string): string {
  const named = type === 'record' ? 'object' : type;
  return /^[aeiou]/.test(named) ? `an ${named}` : `a ${named}`;
}
