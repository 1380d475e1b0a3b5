/**
 * Checks a server.json against the rules of the official registry. A publish that breaks one is refused; in a sync the
 * same faults are warnings, since published documents break them often and none may be lost.
 */
import type { z } from 'zod';
import { structureFault } from './document-structure.ts';
import { isJsonObject, jsonPath } from './json.ts';
import { ruleFaults } from './server-json-rules.ts';
import { serverJsonSchema } from './server-json-schema.ts';

export interface Fault {
  /** Where: `packages[0].transport.url`, `_meta["a/b"]`; empty for the document itself. */
  readonly path: string;
  /** What is wrong there, to be read after the path: "is required", "must be a string". */
  readonly message: string;
}

export interface CheckOptions {
  /** The largest `_meta["io.modelcontextprotocol.registry/publisher-provided"]`, in bytes of JSON. Default 4 KiB. */
  readonly publisherExtensionBytes?: number;
}

const PUBLISHER_EXTENSION_BYTES = 4096;

/** Everything that is wrong with the document, at most one fault per path. */
export function checkServerJson(document: unknown, options: CheckOptions = {}): Fault[] {
  const structure = structureFault(document);
  // Nothing else is looked at then: the schema would walk a document of any depth.
  return structure === null ? contentFaults(document, options) : [structure];
}

/** The same for a document of which it is known that it has no structureFault. */
export function contentFaults(document: unknown, options: CheckOptions = {}): Fault[] {
  const faults = schemaFaults(document);
  if (isJsonObject(document)) {
    const limits = { publisherExtensionBytes: options.publisherExtensionBytes ?? PUBLISHER_EXTENSION_BYTES };
    faults.push(...ruleFaults(document, limits).map(({ path, message }) => ({ path: jsonPath(path), message })));
  }
  return faults.filter((fault, index) => faults.findIndex(({ path }) => path === fault.path) === index);
}

/** A fault as one sentence. */
export function faultText({ path, message }: Fault): string {
  return `${path === '' ? 'the document' : path} ${message}`;
}

function schemaFaults(document: unknown): Fault[] {
  const result = serverJsonSchema.safeParse(document, { error: wording });
  return (result.error?.issues ?? []).map(({ path, message }) => ({ path: jsonPath(path), message }));
}

/** The words for a fault that the schema itself has none for. */
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
