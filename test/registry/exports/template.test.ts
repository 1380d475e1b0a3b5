import { describe, expect, test } from 'vitest';
import {
  declaredVariables,
  fillIn,
  type Input,
  literalOf,
  valueTemplate,
} from '../../../registry/exports/form/template.ts';
import { transportUrl } from '../../../registry/toolhive/image.ts';

const input = (id: string, members: Partial<Input> = {}): Input => ({
  id,
  description: undefined,
  isRequired: false,
  isSecret: false,
  choices: [],
  ...members,
});

describe('a value', () => {
  test.each([
    ['fixed', { value: 'a', default: 'b', isRequired: true }, ['a']],
    ['with a default', { default: 'b', isRequired: true }, ['b']],
    ['that is a number, which the schema forbids', { default: 8080 }, ['8080']],
    ['that is optional', { description: 'd' }, null],
    ['that is empty', { value: '', default: '' }, null],
    ['that is required', { isRequired: true, description: 'd' }, [input('ID', { isRequired: true, description: 'd' })]],
    ['that is an optional secret', { isSecret: true }, [input('ID', { isSecret: true })]],
    ['that is a secret with a default', { isSecret: true, default: 's3cret' }, [input('ID', { isSecret: true })]],
    ['that is a fixed secret', { isSecret: true, value: 's3cret' }, [input('ID', { isSecret: true })]],
    ['with a declared default', { value: '{p}!', variables: { p: { default: '8080' } } }, ['8080!']],
    ['with a fixed variable', { value: '{p}', variables: { p: { value: '1', default: '2' } } }, ['1']],
    ['with an open variable', { value: 'x{p}', variables: { p: {} } }, ['x', input('p')]],
    ['with a name that is not declared', { value: '{p} {"a": 1}', variables: {} }, ['{p} {"a": 1}']],
    ['with an inherited name', { value: '{constructor}', variables: {} }, ['{constructor}']],
    [
      'with a secret variable that has a default',
      { value: '{p}', variables: { p: { isSecret: true, default: 's3cret' } } },
      [input('p', { isSecret: true })],
    ],
    [
      'that is required, with an optional variable',
      { value: '{p}', isRequired: true, variables: { p: {} } },
      [input('p', { isRequired: true })],
    ],
    [
      'that is a secret with an undeclared placeholder',
      { value: 'Bearer {key}', isSecret: true },
      ['Bearer ', input('key', { isRequired: true, isSecret: true })],
    ],
    [
      'that is a secret whose placeholders all have defaults',
      { value: 'user:{p}', isSecret: true, variables: { p: { default: 's3cret' } } },
      [input('ID', { isSecret: true })],
    ],
  ])('%s', (_name, holder, expected) => {
    expect(valueTemplate(holder, { id: 'ID' })).toEqual(expected);
  });

  test('in a header has no literal braces', () => {
    expect(valueTemplate({ value: 'Bearer {key}' }, { id: 'ID', undeclared: 'input' })).toEqual([
      'Bearer ',
      input('key', { isRequired: true }),
    ]);
  });
});

test('a completed text has its parts joined', () => {
  const holder = { variables: { a: { default: '1' }, b: {}, c: { default: '3' } } };
  expect(fillIn('x{a}y{c}{b}z', declaredVariables(holder, 'text'))).toEqual(['x1y3', input('b'), 'z']);
});

describe('the URL of a package', () => {
  test.each([
    { packageArguments: [{ type: 'named', name: '--port', default: '8089' }] },
    { packageArguments: [{ type: 'named', name: 'port', default: 8089 }] },
    { packageArguments: [{ type: 'positional', valueHint: 'port', value: '8089' }] },
    { runtimeArguments: [{ type: 'named', name: '-p', value: '{port}', variables: { port: { default: '8089' } } }] },
    { environmentVariables: [{ name: 'port', default: '8089' }] },
  ])('has the default of what it refers to: %j', (members) => {
    const transport = { type: 'sse', url: 'http://127.0.0.1:{port}/sse' };
    expect(literalOf(transportUrl({ transport, ...members }))).toBe('http://127.0.0.1:8089/sse');
  });
});
