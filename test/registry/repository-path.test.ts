import { expect, test } from 'vitest';
import { repositoryPath } from '../../registry/patterns/repository-path.ts';
import { schema } from '../../sources/git/definition.ts';

/** The path that the configuration makes of it; null if it is refused. */
function configured(path: string): unknown {
  const result = schema.safeParse({ repository: 'https://git.example.com/a', path });
  return result.success ? result.data?.path : null;
}

test.each([
  ['./registry.json', 'registry.json'],
  ['a//b.json', 'a/b.json'],
  ['./a/./b.json', 'a/b.json'],
  ['./servers/**/*.json', 'servers/**/*.json'],
  [String.raw`a\*.json`, String.raw`a\*.json`],
  ['..json', '..json'],
])('%s is the path %s', (path, normal) => {
  expect(repositoryPath(path)).toBe(normal);
  expect(configured(path)).toBe(normal);
});

test.each([
  '',
  '.',
  './',
  '/',
  '/a.json',
  'a/',
  'a/.',
  'a/../b.json',
  '..',
  './../a.json',
  './-a.json',
  String.raw`a\b.json`,
])('%j is not a path of a file in a repository', (path) => {
  expect(repositoryPath(path)).toBeNull();
  expect(configured(path)).toBeNull();
});
