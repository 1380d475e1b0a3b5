import { expect, test } from 'vitest';
import { differences } from '../../console/pages/server/difference.ts';
import { readDocument } from '../../console/pages/server/document.ts';

const compare = (before: object, after: object): readonly (readonly (string | undefined)[])[] =>
  differences(readDocument(JSON.stringify(before)), readDocument(JSON.stringify(after))).map(
    ({ section, what, before: from, after: to }) => [section, what, from, to],
  );

const npm = (members: object): object => ({ packages: [{ registryType: 'npm', identifier: 'a', ...members }] });

test('the version number alone is no difference', () => {
  expect(compare({ name: 'a/b', version: '1.0.0' }, { version: '2.0.0', name: 'a/b' })).toEqual([]);
});

test('an inserted variable leaves those after it alone', () => {
  const kept = { name: 'KEPT', isSecret: true };
  const before = npm({ environmentVariables: [kept] });
  const after = npm({ environmentVariables: [{ name: 'NEW', isRequired: true }, kept] });
  expect(compare(before, after)).toEqual([['environment', 'npm a › NEW', undefined, 'isRequired: true']]);
});

test('what changes how a server is run comes before its description', () => {
  const before = { description: 'Old', ...npm({ version: '1', packageArguments: [{ name: '--a', value: '1' }] }) };
  const after = {
    description: 'New',
    ...npm({ version: '2', packageArguments: [{ name: '--a', value: '2' }] }),
    remotes: [{ type: 'sse', url: 'https://a.example', headers: [{ name: 'X', isSecret: true }] }],
  };
  expect(compare(before, after)).toEqual([
    ['packages', 'npm a › version', '1', '2'],
    ['arguments', 'npm a › --a', 'value: 1', 'value: 2'],
    ['remotes', 'https://a.example', undefined, 'type: sse'],
    ['remotes', 'https://a.example › X', undefined, 'isSecret: true'],
    ['other', 'description', 'Old', 'New'],
  ]);
});

test('documents of the first generation are compared with later ones by what they mean', () => {
  const before = {
    packages: [{ registry_name: 'npm', name: 'a', environment_variables: [{ name: 'T', is_secret: true }] }],
  };
  expect(compare(before, npm({ environmentVariables: [{ name: 'T', isSecret: true }] }))).toEqual([]);
});

test('arguments of the same name are told apart', () => {
  const twice = [
    { name: '-v', value: 'a' },
    { name: '-v', value: 'b' },
  ];
  const changed = [
    { name: '-v', value: 'a' },
    { name: '-v', value: 'c' },
  ];
  expect(compare(npm({ runtimeArguments: twice }), npm({ runtimeArguments: changed }))).toEqual([
    ['arguments', 'npm a › -v (2)', 'value: b', 'value: c'],
  ]);
});
