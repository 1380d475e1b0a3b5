/** JSON and TOML files: readable, and checked against a zod schema of the client's own rules. */
import { parse, stringify } from 'smol-toml';
import { z } from 'zod';

/** `[A-Za-z0-9_-]`, as Claude Code and Codex allow in the names of servers. */
export const plainLabel = z.string().regex(/^[A-Za-z0-9_-]+$/, 'must consist of letters, digits, "_" and "-"');

export const httpsUrl = z
  .string()
  .refine((text) => /^https:\/\//i.test(text) && URL.canParse(text), 'must be an https:// URL');

export const anyUrl = z.string().refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 'must be a URL');

export const texts = z.record(z.string(), z.string());

export function withoutVariables<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.refine((value) => !JSON.stringify(value).includes('${'), 'must not contain ${…}');
}

/** Exactly one matcher: a client that finds two treats the whole policy as malformed, and blocks everything. */
export const serverMatcher = z.union(
  [
    z.strictObject({ serverUrl: anyUrl.refine((url) => !url.includes('*'), 'must not be a wildcard') }),
    z.strictObject({ serverCommand: z.array(z.string()).min(1) }),
  ],
  { error: 'must have exactly one of serverUrl and serverCommand' },
);

export function jsonFaults(schema: z.ZodType, text: string): readonly string[] {
  return faultsOf(schema, () => JSON.parse(text) as unknown, 'JSON');
}

export function tomlFaults(schema: z.ZodType, text: string): readonly string[] {
  return faultsOf(schema, () => parse(text), 'TOML');
}

function faultsOf(schema: z.ZodType, read: () => unknown, format: string): readonly string[] {
  try {
    const result = schema.safeParse(read());
    return (result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
  } catch (error) {
    return [`is not ${format}: ${(error as Error).message}`];
  }
}

export function tomlText(value: object): string {
  return `${stringify(value).trimEnd()}\n`;
}

/**
 * Readable JSON with useful diffs: a command and a matcher are one line each, unless it would be long, so that a change of one of
 * them is a change of one line.
 */
export function jsonText(value: unknown): string {
  return `${writeJson(value, '\n')}\n`;
}

const MAX_LINE_LENGTH = 100;

function writeJson(value: unknown, newLine: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inside = `${newLine}  `;
  if (Array.isArray(value)) {
    const elements = value.map((element) => writeJson(element, inside));
    const line = `[${elements.join(', ')}]`;
    const isLine = line.length <= MAX_LINE_LENGTH && value.every((element) => typeof element !== 'object');
    return isLine ? line : `[${inside}${elements.join(`,${inside}`)}${newLine}]`;
  }
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${writeJson(member, inside)}`,
  );
  if (members.length === 0) return '{}';
  const isLine = members.length === 1 && !members[0]!.includes('\n') && !members[0]!.endsWith('}');
  return isLine ? `{ ${members[0]} }` : `{${inside}${members.join(`,${inside}`)}${newLine}}`;
}
