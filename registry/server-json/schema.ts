/**
 * Zod schemas of server.json, the document that describes one version of one MCP server. They are used for validating
 * published documents (server.schema.json of the official registry, generation 2025-12-11) and in the OpenAPI document.
 * Unknown members are allowed everywhere and kept.
 *
 * Rules that span several members are in rules.ts.
 */
import { z } from 'zod';
import { PUBLISHER_PROVIDED } from './extension.ts';
import { CURRENT_SCHEMA } from './generations.ts';
import { SERVER_NAME_LENGTH, SERVER_NAME_PATTERN } from './name.ts';
import { isVersionRange } from '../versions.ts';

const MAX_VERSION_LENGTH = 255;

const webUrl = z.string().refine(isWebUrl, 'must be an absolute http:// or https:// URL').meta({ format: 'uri' });

/** mcp-publisher sends an empty string if the file has no `$schema`. */
const schemaUrl = z
  .string()
  .min(1, `is required, like ${CURRENT_SCHEMA}`)
  .refine((url) => url === '' || isWebUrl(url), 'must be an absolute http:// or https:// URL')
  .meta({ format: 'uri' });

/** Control characters, and characters that change how text is displayed, as in CVE-2021-42574. */
const MISLEADING = /[\p{Cc}\u{061c}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2066}-\u{2069}]/u;
/** Also all other invisible characters, so that different versions never look alike. */
const MISLEADING_OR_INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** Allowed in texts of several lines. */
const LINES_AND_TABS = /[\t\n\r]/g;

/** The version of a server, skill, plugin, or package: a specific version, not a range. */
export const exactVersion = z
  .string()
  .min(1)
  .max(MAX_VERSION_LENGTH)
  .refine((version) => version.trim() !== '', 'must not be blank')
  .refine(isTrimmed, 'must not begin or end with white space')
  .refine((version) => !MISLEADING_OR_INVISIBLE.test(version), 'must not contain control or invisible characters')
  .refine((version) => version !== 'latest', 'must be a specific version, not "latest"')
  .refine((version) => !isVersionRange(version), 'must be a specific version, not a range');

/** The title of a server, skill, or plugin. */
export const displayName = z
  .string()
  .max(100)
  .refine(isTrimmed, 'must not begin or end with white space')
  .refine((title) => !MISLEADING.test(title), 'must not contain control or bidirectional characters');

/** The description of a server, skill, or plugin. */
export function descriptionUpTo(maxLength: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine(
      (description) => !MISLEADING.test(description.replaceAll(LINES_AND_TABS, '')),
      'must not contain control or bidirectional characters',
    );
}

const inputMembers = {
  description: z.string().optional().meta({ description: 'Purpose of the value, shown to the user.' }),
  isRequired: z.boolean().optional().meta({ description: 'Whether the user must provide a value. Default false.' }),
  isSecret: z.boolean().optional().meta({ description: 'Whether the value is a secret. Default false.' }),
  format: z
    .enum(['string', 'number', 'boolean', 'filepath'])
    .optional()
    .meta({ description: "Type of the value; `filepath` is a file on the user's machine. Default string." }),
  value: z
    .string()
    .optional()
    .meta({ description: 'Fixed value. `{name}` is replaced by the variable with that name.' }),
  default: z.string().optional().meta({ description: 'Value if the user provides none.' }),
  placeholder: z.string().optional().meta({ description: 'Example value, shown to the user.' }),
  choices: z.array(z.string()).optional().meta({ description: 'Values that the user can choose from.' }),
};

const input = z
  .looseObject(inputMembers)
  .meta({ id: 'Input', description: 'A value that the user of a server provides.' });

const variables = z
  .record(z.string(), input)
  .optional()
  .meta({ description: 'Variables for names in `{braces}`, by name.' });

const keyValueInput = z
  .looseObject({
    name: z.string().min(1).meta({ description: 'Name of the header or environment variable.', example: 'API_KEY' }),
    ...inputMembers,
    variables,
  })
  .meta({ id: 'KeyValueInput', description: 'A header or an environment variable.' });

const isRepeated = z.boolean().optional().meta({ description: 'Whether the argument can occur several times.' });

const positionalArgument = z
  .looseObject({
    type: z.literal('positional'),
    valueHint: z.string().optional().meta({
      description: "Name of the argument, which isn't part of the command line. Either this or `value` is required.",
      example: 'file_path',
    }),
    isRepeated,
    ...inputMembers,
    variables,
  })
  .meta({ id: 'PositionalArgument', description: 'A value on the command line.' });

const namedArgument = z
  .looseObject({
    type: z.literal('named'),
    name: z.string().min(1).meta({ description: 'Flag, including its dashes.', example: '--port' }),
    isRepeated,
    ...inputMembers,
    variables,
  })
  .meta({ id: 'NamedArgument', description: 'A flag on the command line, with or without a value.' });

const argument = z
  .discriminatedUnion('type', [positionalArgument, namedArgument], {
    error: unknownType('must be positional or named'),
  })
  .meta({ id: 'Argument', description: 'A command-line argument. Clients must not pass it to a shell.' });

const transportUrl = z
  .string()
  .regex(
    /^(https?:\/\/[^\s]+|\{[a-zA-Z_][a-zA-Z0-9_]*\}[^\s]*)$/,
    'must start with http://, https:// or a variable such as {baseUrl}, and must not contain white space',
  )
  .meta({
    description: 'URL of the server. `{name}` is replaced by the variable with that name.',
    example: 'https://mcp.example.com/mcp',
  });

const headers = z.array(keyValueInput).optional().meta({ description: 'HTTP headers to send.' });

const stdioTransport = z
  .looseObject({ type: z.literal('stdio') })
  .meta({ id: 'StdioTransport', description: 'Standard input and output.' });

const streamableHttpMembers = { type: z.literal('streamable-http'), url: transportUrl, headers };
const sseMembers = { type: z.literal('sse'), url: transportUrl, headers };

const localTransport = z
  .discriminatedUnion(
    'type',
    [
      stdioTransport,
      z.looseObject(streamableHttpMembers).meta({ id: 'StreamableHttpTransport', description: 'Streamable HTTP.' }),
      z.looseObject(sseMembers).meta({ id: 'SseTransport', description: 'Server-sent events.' }),
    ],
    { error: unknownType('must be stdio, streamable-http or sse') },
  )
  .meta({ id: 'LocalTransport', description: 'How clients communicate with the running package.' });

const remoteTransport = z
  .discriminatedUnion(
    'type',
    [
      z
        .looseObject({ ...streamableHttpMembers, variables })
        .meta({ id: 'RemoteStreamableHttpTransport', description: 'Streamable HTTP.' }),
      z
        .looseObject({ ...sseMembers, variables })
        .meta({ id: 'RemoteSseTransport', description: 'Server-sent events.' }),
    ],
    { error: unknownType('must be streamable-http or sse') },
  )
  .meta({ id: 'RemoteTransport', description: 'How clients communicate with a server that is already running.' });

const packageSchema = z
  .looseObject({
    registryType: z.string().min(1).meta({
      description: 'Type of the package, such as npm, pypi, oci, nuget, cargo, go, or mcpb.',
      example: 'npm',
    }),
    registryBaseUrl: webUrl.optional().meta({ description: 'Package registry. Default: the usual one for the type.' }),
    identifier: z.string().min(1).meta({
      description: 'Name of the package, reference of a container image, or URL of a download.',
      example: '@modelcontextprotocol/server-everything',
    }),
    version: exactVersion.optional().meta({ description: 'Version of the package.', example: '1.0.2' }),
    fileSha256: z
      .string()
      .regex(/^[a-f0-9]{64}$/, 'must be a SHA-256 digest of 64 lower-case hexadecimal digits')
      .optional()
      .meta({ description: 'Digest of the package, for verification by clients. Required for mcpb packages.' }),
    runtimeHint: z.string().optional().meta({ description: 'Program that runs the package.', example: 'npx' }),
    transport: localTransport,
    runtimeArguments: z
      .array(argument)
      .optional()
      .meta({ description: 'Arguments for the program that runs the package.' }),
    packageArguments: z.array(argument).optional().meta({ description: 'Arguments for the package itself.' }),
    environmentVariables: z
      .array(keyValueInput)
      .optional()
      .meta({ description: 'Environment variables for the package.' }),
  })
  .meta({ id: 'Package', description: 'A package that clients can download and run.' });

const repository = z
  .looseObject({
    url: webUrl.meta({ description: 'URL for viewing and cloning the source code.' }),
    source: z.string().min(1).meta({ description: 'Hosting service.', example: 'github' }),
    id: z.string().optional().meta({ description: 'ID of the repository at its hosting service.' }),
    subfolder: z
      .string()
      .refine(isCleanRelativePath, 'must be a relative path without empty, "." or ".." parts')
      .optional()
      .meta({ description: 'Folder of the server in the repository.', example: 'src/everything' }),
  })
  .meta({ id: 'Repository', description: 'Location of the source code of the server.' });

const icon = z
  .looseObject({
    src: z
      .string()
      .max(255)
      .refine((src) => isWebUrl(src) && src.startsWith('https://'), 'must be an absolute https:// URL')
      .meta({ description: 'URL of the image.', format: 'uri', example: 'https://example.com/icon.png' }),
    mimeType: z
      .enum(['image/png', 'image/jpeg', 'image/jpg', 'image/svg+xml', 'image/webp'])
      .optional()
      .meta({ description: "Media type of the image, if its server doesn't send one." }),
    sizes: z
      .array(z.string().regex(/^(\d+x\d+|any)$/, 'must be a size such as 48x48, or any'))
      .optional()
      .meta({ description: 'Sizes for which the image is suitable.' }),
    theme: z.enum(['light', 'dark']).optional().meta({ description: 'Background for which the image is designed.' }),
  })
  .meta({ id: 'Icon', description: 'An icon of the server.' });

/** A valid document for publishing. */
export const serverJsonSchema = z
  .looseObject({
    $schema: schemaUrl.optional().meta({ description: 'JSON Schema of the document.', example: CURRENT_SCHEMA }),
    name: z
      .string()
      .min(SERVER_NAME_LENGTH.min)
      .max(SERVER_NAME_LENGTH.max)
      .regex(
        SERVER_NAME_PATTERN,
        'must be a namespace in reverse-DNS form, one slash, and a name, of letters, digits, ".", and "-" (and "_" in the name)',
      )
      .meta({ description: 'Name, in reverse-DNS form.', example: 'io.github.someone/weather' }),
    title: displayName.min(1).optional().meta({ description: 'Display name.', example: 'Weather' }),
    description: descriptionUpTo(100).meta({ description: 'What the server does.', example: 'Weather forecasts' }),
    version: exactVersion.meta({
      description: 'Version, preferably a semantic version.',
      example: '1.0.2',
    }),
    repository: repository.optional(),
    websiteUrl: webUrl.optional().meta({ description: 'Website of the server.' }),
    icons: z.array(icon).optional().meta({ description: 'Icons for user interfaces.' }),
    packages: z.array(packageSchema).optional().meta({ description: 'Packages that clients can run.' }),
    remotes: z
      .array(remoteTransport)
      .optional()
      .meta({ description: 'Endpoints where the server is already running.' }),
    _meta: z
      .looseObject({
        [PUBLISHER_PROVIDED]: z
          .record(z.string(), z.unknown())
          .optional()
          .meta({ description: "Publisher's data for downstream registries, by default at most 4 KiB." }),
      })
      .optional()
      .meta({ description: 'Extensions, with names in reverse-DNS form.' }),
  })
  .meta({ id: 'ServerJson', description: 'One version of one MCP server.' });

/** The message for an object of an unknown type. Other faults get the default messages. */
function unknownType(
  message: string,
): (issue: { readonly code: string; readonly input?: unknown }) => string | undefined {
  return (issue) => (issue.input !== undefined && issue.code === 'invalid_union' ? message : undefined);
}

function isTrimmed(text: string): boolean {
  return text.trim() === text;
}

function isWebUrl(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text);
}

function isCleanRelativePath(path: string): boolean {
  return !path.includes('\\') && path.split('/').every((part) => !['', '.', '..'].includes(part));
}
