/** Documents of every shape for property tests, with secrets that can be recognised. */
import fc from 'fast-check';
import type { ExportedVersion } from '../../../registry/exports/form/server-form.ts';
import { ENTRY_STATUSES } from '../../../registry/entry.ts';

/** A text that is part of every value that is marked as a secret, and of nothing else. */
export const SECRET = 's3cr3t';

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
/** Characters that are special in a shell, an editor, or a URL. */
const awkward = fc.constantFrom(
  "it's",
  '"quoted"',
  'two words',
  '$HOME',
  '${HOME}',
  '`id`',
  '*',
  '~',
  '=ls',
  '#note',
  '!!',
  '\\',
  '<x>',
  'a&b',
  'ünïcode',
  '-',
  '--',
  '%20',
  '{open}',
  '{"a": 1}',
  '',
);
const text = fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: awkward });
const secret = word.map((suffix) => `${SECRET}-${suffix}`);
const template = fc.oneof(text, fc.constantFrom('{known}', 'x{known}y', '{hidden}', 'Bearer {hidden}', '{nobody}'));

const variables = fc.record(
  {
    known: fc.record({ default: text, isRequired: fc.boolean() }, { requiredKeys: [] }),
    hidden: fc.record({ isSecret: fc.constant(true), default: secret, value: secret }, { requiredKeys: ['isSecret'] }),
  },
  { requiredKeys: [] },
);

const plainValue = {
  value: template,
  default: text,
  isRequired: fc.boolean(),
  description: text,
  variables,
  format: fc.constant('string'),
};
const optional = { requiredKeys: [] };
const secretValue = fc.record(
  {
    isSecret: fc.constant(true),
    value: secret,
    default: secret,
    isRequired: fc.boolean(),
    description: text,
    variables,
  },
  { requiredKeys: ['isSecret'] },
);
const value = fc.oneof(
  { weight: 2, arbitrary: fc.record(plainValue, optional) },
  { weight: 1, arbitrary: secretValue },
);

const keyValue = fc.tuple(word, value).map(([name, members]) => ({ name, ...members }));
const argument = fc.oneof(
  fc.tuple(word, value).map(([hint, members]) => ({ type: 'positional', valueHint: hint, ...members })),
  fc.tuple(word, value).map(([name, members]) => ({ type: 'named', name: `--${name}`, ...members })),
);
const environmentArgument = fc
  .tuple(word, template, variables)
  .map(([name, inside, declared]) => ({ type: 'named', name: '-e', value: `${name}=${inside}`, variables: declared }));

const aPackage = fc.record(
  {
    registryType: fc.constantFrom('npm', 'pypi', 'oci', 'nuget', 'mcpb', 'cargo'),
    identifier: fc.oneof(word, fc.constantFrom('@scope/name', 'ghcr.io/a/b:1', "o'brien")),
    version: fc.constantFrom('1.0.0', '2.0.0-rc.1'),
    transport: fc.constant({ type: 'stdio' }),
    runtimeArguments: fc.array(fc.oneof(argument, environmentArgument), { maxLength: 2 }),
    packageArguments: fc.array(argument, { maxLength: 3 }),
    environmentVariables: fc.array(keyValue, { maxLength: 3 }),
  },
  { requiredKeys: ['registryType', 'identifier'] },
);
const remote = fc.record(
  {
    type: fc.constantFrom('streamable-http', 'sse'),
    url: fc.constantFrom(
      'https://a.example/mcp',
      'http://localhost:8080/mcp',
      'https://{known}.example/mcp',
      'https://a.example/{hidden}',
    ),
    headers: fc.array(keyValue, { maxLength: 2 }),
    variables,
  },
  { requiredKeys: ['type', 'url'] },
);

export const names = fc.oneof(
  fc.tuple(fc.stringMatching(/^[a-z]{1,3}(\.[a-z-]{1,4})?$/), word).map(([namespace, name]) => `${namespace}/${name}`),
  fc.stringMatching(/^[A-Za-z0-9.-]{1,5}\/[A-Za-z0-9._-]{1,5}$/),
);

export const entries: fc.Arbitrary<ExportedVersion[]> = fc.uniqueArray(
  fc
    .record({
      name: names,
      version: fc.constantFrom('1.0.0', '1.1.0', '2.0.0'),
      status: fc.constantFrom(...ENTRY_STATUSES),
      isLatest: fc.boolean(),
      packages: fc.array(aPackage, { maxLength: 2 }),
      remotes: fc.array(remote, { maxLength: 2 }),
    })
    .map(({ packages, remotes, ...members }) => {
      const { name, version } = members;
      return { ...members, document: JSON.stringify({ name, version, description: 'd', packages, remotes }) };
    }),
  { maxLength: 8, selector: ({ name, version }) => `${name} ${version}` },
);
