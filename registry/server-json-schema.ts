/**
 * server.json, the document that describes one version of one MCP server, as zod schemas: what a publisher must meet
 * (server.schema.json of the official registry, generation 2025-12-11), and what the OpenAPI document shows. Members
 * that are not named here are allowed everywhere and kept.
 *
 * Rules over several members are in server-json-rules.ts.
 */
import { z } from 'zod';
import { PUBLISHER_PROVIDED } from './extension.ts';
import { CURRENT_SCHEMA } from './generations.ts';
import { SERVER_NAME_LENGTH, SERVER_NAME_PATTERN } from './server-name.ts';
import { isVersionRange } from './versions.ts';

const MAX_VERSION_LENGTH = 255;

const webUrl = z.string().refine(isWebUrl, 'must be an absolute http:// or https:// URL').meta({ format: 'uri' });

/** mcp-publisher sends an empty text where the file has none. */
const schemaUrl = z
  .string()
  .min(1, `is required, like ${CURRENT_SCHEMA}`)
  .refine((url) => url === '' || isWebUrl(url), 'must be an absolute http:// or https:// URL')
  .meta({ format: 'uri' });

/** Control characters, and those that make a text read differently from what it is, as in CVE-2021-42574. */
const MISLEADING = /[\p{Cc}\u{061c}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2066}-\u{2069}]/u;
/** The same and every other invisible character: two versions must not look alike. */
const MISLEADING_OR_INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** In a text of several lines, line breaks and tabs are meant. */
const LINES_AND_TABS = /[\t\n\r]/g;

/** The version of a server or a package; it names one version, never a choice of them. */
const exactVersion = z
  .string()
  .min(1)
  .max(MAX_VERSION_LENGTH)
  .refine((version) => version.trim() !== '', 'must not be blank')
  .refine(isTrimmed, 'must not begin or end with white space')
  .refine((version) => !MISLEADING_OR_INVISIBLE.test(version), 'must not contain control or invisible characters')
  .refine((version) => version !== 'latest', 'must be a specific version, not "latest"')
  .refine((version) => !isVersionRange(version), 'must be a specific version, not a range');

const inputMembers = {
  description: z.string().optional().meta({ description: 'What the value is for, shown to the user.' }),
  isRequired: z.boolean().optional().meta({ description: 'Whether the user must give a value. Default false.' }),
  isSecret: z
    .boolean()
    .optional()
    .meta({ description: 'Whether the value is to be handled as a secret. Default false.' }),
  format: z
    .enum(['string', 'number', 'boolean', 'filepath'])
    .optional()
    .meta({ description: 'What the value is; a filepath is a file of the user. Default string.' }),
  value: z
    .string()
    .optional()
    .meta({ description: 'A fixed value. `{name}` in it stands for the variable of that name.' }),
  default: z.string().optional().meta({ description: 'The value where the user gives none.' }),
  placeholder: z.string().optional().meta({ description: 'An example of a value, shown to the user.' }),
  choices: z.array(z.string()).optional().meta({ description: 'The values that the user may choose from.' }),
};

const input = z
  .looseObject(inputMembers)
  .meta({ id: 'Input', description: 'Something that the user of a server fills in.' });

const variables = z
  .record(z.string(), input)
  .optional()
  .meta({ description: 'What the names in `{braces}` stand for, by their names.' });

const keyValueInput = z
  .looseObject({
    name: z
      .string()
      .min(1)
      .meta({ description: 'The name of the header or environment variable.', example: 'API_KEY' }),
    ...inputMembers,
    variables,
  })
  .meta({ id: 'KeyValueInput', description: 'A header or an environment variable.' });

const isRepeated = z.boolean().optional().meta({ description: 'Whether the argument may be given many times.' });

const positionalArgument = z
  .looseObject({
    type: z.literal('positional'),
    valueHint: z.string().optional().meta({
      description: 'A name for the argument; it is no part of the command line. This or `value` is there.',
      example: 'file_path',
    }),
    isRepeated,
    ...inputMembers,
    variables,
  })
  .meta({ id: 'PositionalArgument', description: 'A value in the command line.' });

const namedArgument = z
  .looseObject({
    type: z.literal('named'),
    name: z.string().min(1).meta({ description: 'The flag, its dashes included.', example: '--port' }),
    isRepeated,
    ...inputMembers,
    variables,
  })
  .meta({ id: 'NamedArgument', description: 'A flag in the command line, with or without a value.' });

const argument = z
  .discriminatedUnion('type', [positionalArgument, namedArgument], {
    error: unknownType('must be positional or named'),
  })
  .meta({ id: 'Argument', description: 'An argument in a command line. Clients must not hand it to a shell.' });

const transportUrl = z
  .string()
  .regex(
    /^(https?:\/\/[^\s]+|\{[a-zA-Z_][a-zA-Z0-9_]*\}[^\s]*)$/,
    'must start with http://, https:// or a variable like {baseUrl}, and hold no white space',
  )
  .meta({
    description: 'Where the server is reached. `{name}` in it stands for the variable of that name.',
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
  .meta({ id: 'LocalTransport', description: 'How a client speaks to the running package.' });

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
  .meta({ id: 'RemoteTransport', description: 'How a client speaks to the server where it runs already.' });

const packageSchema = z
  .looseObject({
    registryType: z.string().min(1).meta({
      description: 'The kind of the package, such as npm, pypi, oci, nuget, cargo, go or mcpb.',
      example: 'npm',
    }),
    registryBaseUrl: webUrl.optional().meta({ description: 'The package registry, where it is not the usual one.' }),
    identifier: z.string().min(1).meta({
      description: 'The name of the package, the reference of a container image, or the URL of a download.',
      example: '@modelcontextprotocol/server-everything',
    }),
    version: exactVersion.optional().meta({ description: 'The version of the package.', example: '1.0.2' }),
    fileSha256: z
      .string()
      .regex(/^[a-f0-9]{64}$/, 'must be a SHA-256 digest in 64 lower-case hexadecimal digits')
      .optional()
      .meta({ description: 'The digest of the package, which clients verify. Required of mcpb packages.' }),
    runtimeHint: z.string().optional().meta({ description: 'The program that runs the package.', example: 'npx' }),
    transport: localTransport,
    runtimeArguments: z
      .array(argument)
      .optional()
      .meta({ description: 'Arguments for the program that runs the package.' }),
    packageArguments: z.array(argument).optional().meta({ description: 'Arguments for the package itself.' }),
    environmentVariables: z.array(keyValueInput).optional().meta({ description: 'The environment that it runs in.' }),
  })
  .meta({ id: 'Package', description: 'A package that a client can fetch and run.' });

const repository = z
  .looseObject({
    url: webUrl.meta({ description: 'Where the source code can be read and cloned.' }),
    source: z.string().min(1).meta({ description: 'The hosting service.', example: 'github' }),
    id: z.string().optional().meta({ description: 'The id of the repository at its hosting service.' }),
    subfolder: z
      .string()
      .refine(isCleanRelativePath, 'must be a relative path without empty, "." or ".." parts')
      .optional()
      .meta({ description: 'The folder of the server inside the repository.', example: 'src/everything' }),
  })
  .meta({ id: 'Repository', description: 'Where the source code of the server is.' });

const icon = z
  .looseObject({
    src: z
      .string()
      .max(255)
      .refine((src) => isWebUrl(src) && src.startsWith('https://'), 'must be an absolute https:// URL')
      .meta({ description: 'The image.', format: 'uri', example: 'https://example.com/icon.png' }),
    mimeType: z
      .enum(['image/png', 'image/jpeg', 'image/jpg', 'image/svg+xml', 'image/webp'])
      .optional()
      .meta({ description: 'The type of the image, where its server does not say it.' }),
    sizes: z
      .array(z.string().regex(/^(\d+x\d+|any)$/, 'must be a size like 48x48, or any'))
      .optional()
      .meta({ description: 'The sizes at which it can be used.' }),
    theme: z.enum(['light', 'dark']).optional().meta({ description: 'The background that it is made for.' }),
  })
  .meta({ id: 'Icon', description: 'An icon of the server.' });

/** The document as a publisher must write it. */
export const serverJsonSchema = z
  .looseObject({
    $schema: schemaUrl
      .optional()
      .meta({ description: 'The schema that the document follows.', example: CURRENT_SCHEMA }),
    name: z
      .string()
      .min(SERVER_NAME_LENGTH.min)
      .max(SERVER_NAME_LENGTH.max)
      .regex(
        SERVER_NAME_PATTERN,
        'must be a namespace in reverse-DNS form, one slash and a name, of letters, digits, "." and "-" (and "_" in the name)',
      )
      .meta({ description: 'The name, in reverse-DNS form.', example: 'io.github.someone/weather' }),
    title: z
      .string()
      .min(1)
      .max(100)
      .refine(isTrimmed, 'must not begin or end with white space')
      .refine((title) => !MISLEADING.test(title), 'must not contain control or bidirectional characters')
      .optional()
      .meta({ description: 'The name for people.', example: 'Weather' }),
    description: z
      .string()
      .min(1)
      .max(100)
      .refine(
        (description) => !MISLEADING.test(description.replaceAll(LINES_AND_TABS, '')),
        'must not contain control or bidirectional characters',
      )
      .meta({ description: 'What the server does.', example: 'Weather forecasts' }),
    version: exactVersion.meta({
      description: 'The version, by preference a semantic one.',
      example: '1.0.2',
    }),
    repository: repository.optional(),
    websiteUrl: webUrl.optional().meta({ description: 'The website of the server.' }),
    icons: z.array(icon).optional().meta({ description: 'Icons for user interfaces.' }),
    packages: z.array(packageSchema).optional().meta({ description: 'The packages that a client can run.' }),
    remotes: z.array(remoteTransport).optional().meta({ description: 'Where the server runs already.' }),
    _meta: z
      .looseObject({
        [PUBLISHER_PROVIDED]: z
          .record(z.string(), z.unknown())
          .optional()
          .meta({ description: 'What the publisher adds for downstream registries, by default at most 4 KiB.' }),
      })
      .optional()
      .meta({ description: 'Extensions, under names in reverse-DNS form.' }),
  })
  .meta({ id: 'ServerJson', description: 'One version of one MCP server.' });

/** The message for an object of an unknown type; what is missing or no object has the usual words. */
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
