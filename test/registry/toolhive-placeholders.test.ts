/** Conversion of placeholders and secrets of a server.json to the ToolHive format. */
import { describe, expect, test } from 'vitest';
import { serverJsonToToolhive, toolhiveToServerJson } from '../../registry/toolhive/convert.ts';
import type { JsonObject } from '../../registry/json.ts';

const server = (members: JsonObject): JsonObject => ({
  name: 'com.example/a',
  description: 'd',
  version: '1',
  ...members,
});
const npm = (members: JsonObject): JsonObject =>
  server({
    packages: [{ registryType: 'npm', identifier: 'x', version: '1.0.0', transport: { type: 'stdio' }, ...members }],
  });

function entryOf(document: JsonObject): JsonObject {
  const converted = serverJsonToToolhive(document);
  if (converted === null) throw new Error('ToolHive could not run it');
  expect(toolhiveToServerJson(converted)).toEqual(document);
  return converted.entry;
}

function omittedFrom(document: JsonObject): unknown {
  const { custom_metadata: metadata } = entryOf(document) as {
    custom_metadata?: { 'dev.rollcall'?: { omitted?: unknown } };
  };
  return metadata?.['dev.rollcall']?.omitted;
}

test('defaults are filled in, in arguments', () => {
  const document = npm({
    packageArguments: [
      { type: 'named', name: '--port', value: '{port}', variables: { port: { default: '8080' } } },
      { type: 'positional', value: '{dir}/data', variables: { dir: { default: '/srv' } } },
    ],
  });
  expect(entryOf(document)['args']).toEqual(['--port', '8080', '/srv/data']);
  expect(omittedFrom(document)).toBeUndefined();
});

test('arguments that each user fills in are left out and named', () => {
  const document = npm({
    packageArguments: [
      { type: 'named', name: '--api-key', isRequired: true, isSecret: true, default: 's3cret' },
      { type: 'named', name: '--dir', value: '{dir}', variables: { dir: { isRequired: true } } },
      { type: 'named', name: '--verbose', format: 'boolean', description: 'Log more' },
      { type: 'named', name: '--stdio' },
    ],
  });
  expect(entryOf(document)['args']).toEqual(['--stdio']);
  expect(omittedFrom(document)).toEqual([
    'the argument --api-key, which each user provides',
    'the argument --dir, which each user provides',
  ]);
});

describe('an environment variable', () => {
  test.each([
    [
      'a secret variable',
      { value: '{t}', variables: { t: { isSecret: true, isRequired: true, description: 'token' } } },
    ],
    ['a secret with an undeclared placeholder', { value: 'Bearer {t}', isSecret: true, description: 'token' }],
    ['a secret with a default', { isSecret: true, isRequired: true, default: 's3cret', description: 'token' }],
    ['a secret with a value', { isSecret: true, isRequired: true, value: 's3cret', description: 'token' }],
  ])('with %s is secret and required, without a default', (_what, members) => {
    const { env_vars: variables } = entryOf(npm({ environmentVariables: [{ name: 'TOK', ...members }] }));
    expect(variables).toEqual([{ name: 'TOK', description: 'token', required: true, secret: true }]);
  });

  test('with a variable that has a default has this default', () => {
    const variable = { name: 'U', value: 'https://{h}/', variables: { h: { default: 'e.example.com' } } };
    expect(entryOf(npm({ environmentVariables: [variable] }))['env_vars']).toEqual([
      { name: 'U', description: '', required: false, default: 'https://e.example.com/' },
    ]);
  });

  test('that a runtime argument sets is treated alike', () => {
    const document = npm({
      runtimeArguments: [
        { type: 'named', name: '-e', value: 'TOK={t}', variables: { t: { isSecret: true, isRequired: true } } },
        { type: 'named', name: '-e', value: 'U=https://{h}/', variables: { h: { default: 'e.example.com' } } },
        { type: 'named', name: '-e' },
        { type: 'positional', value: 'PASSED_ON', description: 'From the environment' },
        { type: 'named', name: '--network', value: 'host' },
      ],
    });
    expect(entryOf(document)['env_vars']).toEqual([
      { name: 'TOK', description: '', required: true, secret: true },
      { name: 'U', description: '', required: false, default: 'https://e.example.com/' },
      { name: 'PASSED_ON', description: 'From the environment', required: false },
    ]);
    expect(omittedFrom(document)).toEqual(['the runtime argument --network']);
  });
});

test('headers follow the same rules', () => {
  const headers = [
    { name: 'Authorization', value: 'Bearer {key}', isRequired: true, isSecret: true },
    { name: 'X-Region', value: '{region}', variables: { region: { default: 'eu', choices: ['eu', 'us'] } } },
    { name: 'X-Tenant', value: '{tenant}', variables: { tenant: { isRequired: true, choices: ['a', 'b'] } } },
  ];
  const entry = entryOf(server({ remotes: [{ type: 'streamable-http', url: 'https://a.example', headers }] }));
  expect(entry['headers']).toEqual([
    { name: 'Authorization', description: '', required: true, secret: true },
    { name: 'X-Region', description: '', required: false, default: 'eu' },
    { name: 'X-Tenant', description: '', required: true, choices: ['a', 'b'] },
  ]);
});

describe('the URL of a remote', () => {
  const remote = (url: string, variables?: JsonObject): JsonObject => ({
    type: 'streamable-http',
    url,
    ...(variables !== undefined && { variables }),
  });

  test('has its defaults filled in', () => {
    const remotes = [remote('https://{region}.example/mcp', { region: { default: 'eu' } })];
    expect(entryOf(server({ remotes }))['url']).toBe('https://eu.example/mcp');
  });

  test('that each user must complete is skipped in favor of one that is complete', () => {
    const open = remote('https://{tenant}.example/mcp', { tenant: { isRequired: true } });
    expect(entryOf(server({ remotes: [open, remote('https://a.example/mcp')] }))['url']).toBe('https://a.example/mcp');
    expect(serverJsonToToolhive(server({ remotes: [open] }))).toBeNull();
    expect(serverJsonToToolhive(server({ remotes: [remote('https://{undeclared}.example/mcp')] }))).toBeNull();
  });
});

test('the port of a package is the default of the argument that its URL refers to', () => {
  const document = npm({
    transport: { type: 'sse', url: 'http://127.0.0.1:{port}/sse' },
    packageArguments: [{ type: 'named', name: '--port', default: '8089' }],
  });
  expect(entryOf(document)).toMatchObject({ target_port: 8089, args: ['--port', '8089'] });
});
