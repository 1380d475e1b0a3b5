/** Validators of targets: a file against a zod schema of the client's own rules. */
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
  try {
    return faultsOf(schema, JSON.parse(text));
  } catch (error) {
    return [`is not JSON: ${(error as Error).message}`];
  }
}

export function faultsOf(schema: z.ZodType, value: unknown): readonly string[] {
  const result = schema.safeParse(value);
  return (result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** JSON as people and `git diff` read it. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function tomlFaults(schema: z.ZodType, parse: () => unknown): readonly string[] {
  try {
    return faultsOf(schema, parse());
  } catch (error) {
    return [`is not TOML: ${(error as Error).message}`];
  }
}
