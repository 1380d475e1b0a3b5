/** The rules of the clients, by the ids of the targets: what each accepts in its file. */
import { parse } from 'smol-toml';
import { z } from 'zod';
import type { TargetFacts } from '../../../registry/exports/target.ts';
import { nameOfLabel } from './label-names.ts';

/** Faults of a file by the client's own rules. */
export function faultsOf({ id, contentType }: TargetFacts, text: string): readonly string[] {
  if (contentType === 'text/plain') return allowlistFaults(text);
  try {
    const value: unknown = contentType === 'application/toml' ? parse(text) : JSON.parse(text);
    return (RULES[id]!.safeParse(value).error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
  } catch (error) {
    return [`is malformed: ${(error as Error).message}`];
  }
}

function allowlistFaults(text: string): readonly string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line, index) =>
      /^\S+ (?:name|url https?:\S+|command \S.*)$/i.test(line) ? [] : [`line ${index + 1} is malformed`],
    );
}

const someText = z.string().min(1);
const texts = z.record(z.string(), z.string());
/** `[A-Za-z0-9_-]`, as Claude Code and Codex allow in the names of servers. */
const plainLabel = z.string().regex(/^[A-Za-z0-9_-]+$/, 'must consist of letters, digits, "_" and "-"');
const httpsUrl = z
  .string()
  .refine((text) => /^https:\/\//i.test(text) && URL.canParse(text), 'must be an https:// URL');
const anyUrl = z.string().refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 'must be a URL');
const remoteType = z.enum(['http', 'sse']);

function withoutVariables<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.refine((value) => !JSON.stringify(value).includes('${'), 'must not contain ${…}');
}

/** Texts in which the client would replace nothing but these variables. */
function textsWith(variables: RegExp): z.ZodString {
  return z.string().refine((text) => !text.replaceAll(variables, '').includes('${'), 'may only refer to variables');
}

/** Exactly one matcher: a client that finds two treats the whole policy as malformed, and blocks everything. */
const serverMatcher = z.union(
  [
    z.strictObject({ serverUrl: anyUrl.refine((url) => !url.includes('*'), 'must not be a wildcard') }),
    z.strictObject({ serverCommand: z.array(z.string()).min(1) }),
  ],
  { error: 'must have exactly one of serverUrl and serverCommand' },
);

const claudeCodeManagedSettings = withoutVariables(
  z.strictObject({
    managedMcpServers: z
      .record(plainLabel, z.strictObject({ type: remoteType, url: httpsUrl, headers: texts.optional() }))
      .optional(),
    allowedMcpServers: z.array(serverMatcher).optional(),
    deniedMcpServers: z.array(serverMatcher),
    allowManagedMcpServersOnly: z.literal(true).optional(),
  }),
);

/** Only `${NAME}` and `${NAME:-}` can follow a dollar sign and a brace. */
const claudeCodeText = textsWith(/\$\{[A-Z_][A-Z0-9_]*(?::-)?\}/gi);
const claudeCodeTexts = z.record(z.string(), claudeCodeText);
const claudeCodeServers = z.strictObject({
  mcpServers: z.record(
    plainLabel,
    z.union([
      z.strictObject({
        type: remoteType,
        url: z.union([anyUrl, z.string().startsWith('${')]).and(claudeCodeText),
        headers: claudeCodeTexts.optional(),
      }),
      z.strictObject({
        command: someText,
        args: z.array(claudeCodeText),
        env: texts.and(claudeCodeTexts).optional(),
      }),
    ]),
  ),
});

const claudeDesktopManaged = z.strictObject({
  managedMcpServers: z
    .array(
      z.discriminatedUnion('transport', [
        z.strictObject({ name: plainLabel, transport: remoteType, url: httpsUrl, headers: texts.optional() }),
        z.strictObject({
          name: plainLabel,
          transport: z.literal('stdio'),
          command: someText,
          args: z.array(z.string()),
          env: texts.optional(),
        }),
      ]),
    )
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'must have each name once'),
});

const variable = z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable');
const codexConfig = z.strictObject({
  mcp_servers: z.record(
    plainLabel,
    z.union([
      z.strictObject({
        url: anyUrl,
        bearer_token_env_var: variable.optional(),
        http_headers: texts.optional(),
        env_http_headers: z.record(z.string(), variable).optional(),
      }),
      z.strictObject({
        command: someText,
        args: z.array(z.string()),
        env: texts.optional(),
        env_vars: z.array(z.string()).optional(),
      }),
    ]),
  ),
});

const exact = z.strictObject({ match: z.literal('exact'), value: z.string() });
const codexRequirements = z.strictObject({
  mcp_servers: z.record(
    plainLabel,
    z.strictObject({
      identity: z.union([
        z.strictObject({ url: anyUrl }),
        z.strictObject({ command: z.strictObject({ executable: someText, args: z.array(exact) }) }),
      ]),
    }),
  ),
});

const copilotManagedSettings = withoutVariables(
  z.strictObject({ allowedMcpServers: z.array(serverMatcher), deniedMcpServers: z.array(serverMatcher) }),
);

const cursorText = textsWith(/\$\{env:\w+\}/g);
const cursorTexts = z.record(z.string(), cursorText).optional();
const cursorMcp = z.strictObject({
  mcpServers: z.record(
    someText,
    z.union([
      z.strictObject({ url: cursorText, headers: cursorTexts }),
      z.strictObject({ command: someText, args: z.array(cursorText), env: cursorTexts }),
    ]),
  ),
});

/** Gemini CLI ends the name of a server at the first underscore of `mcp_SERVER_TOOL`. */
const geminiLabel = z
  .string()
  .refine((text) => nameOfLabel(text, 'hyphen') !== undefined, 'must be a label without "_"');
const geminiRemote = { url: anyUrl, type: remoteType };
const geminiAdmin = z.union([
  z.strictObject({ mcpServers: z.record(geminiLabel, z.strictObject(geminiRemote)) }),
  z.strictObject({
    requiredMcpServers: z.record(
      geminiLabel,
      z.strictObject({ ...geminiRemote, description: z.string().optional(), headers: texts.optional() }),
    ),
  }),
]);

const geminiText = z
  .string()
  .refine((text) => !/\$(?:\w|\{)/.test(text.replaceAll(/\$\{[A-Z_]\w*(?::-)?\}/gi, '')), 'may only refer to ${NAME}');
const geminiTexts = z.record(z.string(), geminiText).optional();
const geminiSettings = z.strictObject({
  mcp: z
    .strictObject({ allowed: z.array(geminiLabel).optional(), excluded: z.array(geminiLabel).optional() })
    .optional(),
  mcpServers: z.record(
    geminiLabel,
    z.union([
      z.strictObject({ httpUrl: geminiText, headers: geminiTexts }),
      z.strictObject({ url: geminiText, headers: geminiTexts }),
      z.strictObject({ command: someText, args: z.array(geminiText), env: geminiTexts }),
    ]),
  ),
});

const kiroArgument = z.strictObject({ type: z.literal('positional'), value: z.string() });
const kiroRemote = z.strictObject({
  type: z.enum(['streamable-http', 'sse']),
  url: httpsUrl,
  headers: z.array(z.strictObject({ name: someText, value: z.string() })).optional(),
});
const kiroPackage = z.strictObject({
  registryType: z.enum(['npm', 'pypi', 'oci']),
  registryBaseUrl: httpsUrl.optional(),
  identifier: someText,
  version: z.string().optional(),
  transport: z.strictObject({ type: z.literal('stdio') }),
  runtimeArguments: z.array(kiroArgument).optional(),
  packageArguments: z.array(kiroArgument).optional(),
  environmentVariables: z.array(z.strictObject({ name: z.string(), default: z.string() })).optional(),
});
const kiroServer = {
  name: z.string(),
  title: z.string().optional(),
  description: someText,
  version: z.string(),
};
const kiroRegistry = z.strictObject({
  servers: z.array(
    z.strictObject({
      server: z.union([
        z.strictObject({ ...kiroServer, remotes: z.array(kiroRemote).length(1) }),
        z.strictObject({ ...kiroServer, packages: z.array(kiroPackage).length(1) }),
      ]),
    }),
  ),
});

const mcpJson = withoutVariables(
  z.strictObject({
    mcpServers: z.record(
      someText,
      z.discriminatedUnion('type', [
        z.strictObject({ type: remoteType, url: anyUrl, headers: texts.optional() }),
        z.strictObject({
          type: z.literal('stdio'),
          command: someText,
          args: z.array(z.string()),
          env: texts.optional(),
        }),
      ]),
    ),
  }),
);

const INPUT = /\$\{input:([^}]+)\}/g;
const vscodeText = textsWith(INPUT);
const vscodeTexts = z.record(z.string(), vscodeText).optional();
const vscodeInput = { id: z.string().regex(/^[\w.-]+$/), description: z.string() };
const vscodeMcp = z
  .strictObject({
    servers: z.record(
      someText,
      z.discriminatedUnion('type', [
        z.strictObject({ type: remoteType, url: vscodeText, headers: vscodeTexts, version: z.string() }),
        z.strictObject({
          type: z.literal('stdio'),
          command: someText,
          args: z.array(vscodeText),
          env: vscodeTexts,
          version: z.string(),
        }),
      ]),
    ),
    inputs: z
      .array(
        z.union([
          z.strictObject({ ...vscodeInput, type: z.literal('promptString'), password: z.boolean() }),
          z.strictObject({ ...vscodeInput, type: z.literal('pickString'), options: z.array(z.string()).min(1) }),
        ]),
      )
      .optional(),
  })
  .refine(({ servers, inputs = [] }) => {
    const used = new Set([...JSON.stringify(servers).matchAll(INPUT)].map(([, id]) => id));
    return used.size === inputs.length && inputs.every(({ id }) => used.has(id));
  }, 'must declare each input that is used, once');

const claudeCodeGit = {
  url: someText,
  ref: z.string().optional(),
  sha: z
    .string()
    .regex(/^[a-f0-9]{40}$/)
    .optional(),
};
const claudeCodeMarketplace = z.strictObject({
  $schema: z.literal('https://json.schemastore.org/claude-code-marketplace.json'),
  name: someText,
  description: someText,
  owner: z.strictObject({ name: someText }),
  plugins: z.array(
    z.looseObject({
      name: someText,
      description: z.string(),
      version: z.string(),
      source: z.union([
        z.strictObject({ source: z.literal('url'), ...claudeCodeGit }),
        z.strictObject({ source: z.literal('git-subdir'), path: someText, ...claudeCodeGit }),
      ]),
    }),
  ),
});

const codexGit = { url: someText, ref: z.string().optional(), sha: z.string().optional() };
const codexMarketplace = z.strictObject({
  name: someText,
  interface: z.strictObject({ displayName: someText }),
  plugins: z.array(
    z.strictObject({
      name: someText,
      source: z.union([
        z.strictObject({ source: z.literal('url'), ...codexGit }),
        z.strictObject({ source: z.literal('git-subdir'), path: z.string().startsWith('./'), ...codexGit }),
      ]),
      policy: z.strictObject({ installation: z.literal('AVAILABLE'), authentication: z.literal('ON_INSTALL') }),
      category: someText,
    }),
  ),
});

const agentSkillsIndex = z.strictObject({
  $schema: z.literal('https://schemas.agentskills.io/discovery/0.2.0/schema.json'),
  skills: z.array(
    z.strictObject({
      name: z.string().regex(/^(?=.{1,64}$)[a-z0-9]+(?:-[a-z0-9]+)*$/),
      type: z.enum(['skill-md', 'archive']),
      description: z.string().min(1).max(1024),
      url: z.string().startsWith('/registry/'),
      digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    }),
  ),
});

const RULES: Readonly<Record<string, z.ZodType>> = {
  'claude-code-managed-settings': claudeCodeManagedSettings,
  'claude-code-managed-mcp': claudeCodeServers,
  'claude-code-mcp': claudeCodeServers,
  'claude-desktop-managed': claudeDesktopManaged,
  'codex-config': codexConfig,
  'codex-requirements': codexRequirements,
  'copilot-managed-settings': copilotManagedSettings,
  'cursor-mcp': cursorMcp,
  'gemini-admin': geminiAdmin,
  'gemini-settings': geminiSettings,
  'kiro-registry': kiroRegistry,
  'mcp-json': mcpJson,
  'vscode-mcp': vscodeMcp,
  'claude-code-marketplace': claudeCodeMarketplace,
  'codex-marketplace': codexMarketplace,
  'agent-skills-index': agentSkillsIndex,
};
