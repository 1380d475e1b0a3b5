import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { badPathPattern, compilePathGlob, fixedFolder, isPathGlob } from '../../registry/patterns/path-glob.ts';

describe('a pattern over paths', () => {
  test.each([
    ['*.json', 'a.json'],
    ['*.json', '.json'],
    ['servers/*.json', 'servers/a.json'],
    ['servers/*/server.json', 'servers/a/server.json'],
    ['**/*.json', 'a.json'],
    ['**/*.json', 'a/.hidden/b.json'],
    ['a/**/b.json', 'a/b.json'],
    ['a/**/b.json', 'a/x/y/b.json'],
    ['a/**', 'a/x/y'],
    ['**/a/**/b', 'x/a/a/y/b'],
    ['{a,b/c}/*.y{a,}ml', 'b/c/d.yml'],
    ['a?.json', 'a1.json'],
    ['a[0-9].json', 'a1.json'],
    ['a[!0-9].json', 'ab.json'],
    ['\\*.json', '*.json'],
    ['a**b', 'axxb'],
  ])('%s matches %s', (pattern, path) => {
    expect(compilePathGlob(pattern)(path)).toBe(true);
  });

  test.each([
    ['*.json', 'a/b.json'],
    ['**/b.json', 'ab.json'],
    ['a/**/b.json', 'a/xb.json'],
    ['a?b', 'a/b'],
    ['a[!x]b', 'a/b'],
    ['a**b', 'a/b'],
    ['a/**', 'ab'],
    ['servers/*/server.json', 'servers/a/b/server.json'],
  ])('%s does not match %s', (pattern, path) => {
    expect(compilePathGlob(pattern)(path)).toBe(false);
  });

  test('matches like the equivalent regular expression', () => {
    const segment = fc.constantFrom('*', 'a', 'b*', '?', '[ab]', '{a,b*}', '*a*', '.*');
    const pattern = fc
      .array(fc.oneof(segment, fc.constant('**')), { minLength: 1, maxLength: 5 })
      .map((s) => s.join('/'));
    const path = fc.array(fc.stringMatching(/^[ab.]{1,4}$/), { minLength: 1, maxLength: 5 }).map((s) => s.join('/'));
    const expression = (glob: string): RegExp => {
      const source = glob
        .replaceAll('.', '\\.')
        .replaceAll(/(^|\/)\*\*$/g, '$1REST')
        .replaceAll('**/', 'ANY')
        .replaceAll('*', '[^/]*')
        .replaceAll('?', '[^/]')
        .replaceAll('{', '(?:')
        .replaceAll(',', '|')
        .replaceAll('}', ')')
        .replaceAll('REST', '.*')
        .replaceAll('ANY', '(?:.*/)?');
      return new RegExp(`^${source}$`);
    };
    fc.assert(
      fc.property(pattern, path, (glob, text) => {
        expect(compilePathGlob(glob)(text)).toBe(expression(glob).test(text));
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  ['servers/*.json', 'servers'],
  ['a/b/{c,d}.json', 'a/b'],
  ['**/*.json', ''],
  ['a/bc*', 'a'],
])('everything that matches %s is in the folder %j', (pattern, folder) => {
  expect(isPathGlob(pattern)).toBe(true);
  expect(fixedFolder(pattern)).toBe(folder);
});

test.each(['registry.json', 'a/b (copy).json', '!readme', 'a}.json'])('%s is the name of a file', (path) => {
  expect(isPathGlob(path)).toBe(false);
});

test.each([
  ['+(a|b).json', /extended globs/],
  ['*(*(*(a))).json', /extended globs/],
  ['@(a|b)/*.json', /extended globs/],
  ['!(a)*', /extended globs/],
  ['!*.json', /negated/],
  ['{1..1000000}.json', /ranges/],
  ['{a,b}'.repeat(10), /braces/],
  [`${'{'.repeat(400)}a`, /"\{" has no "\}"/],
  ['*'.repeat(600), /more than 512/],
  ['[[:alpha:]]*', /"\]" has no "\["/],
])('the pattern %s is refused with a reason', (pattern, reason) => {
  expect(badPathPattern(pattern)).toMatch(reason);
});

test('a pattern that would take exponential time as a regular expression is matched in steps', () => {
  const startedAt = process.cpuUsage();
  const matches = compilePathGlob(`**/${'*a'.repeat(200)}b`);
  for (let path = 0; path < 5; path += 1) expect(matches(`${'a'.repeat(4_000)}${path}`)).toBe(false);
  expect(process.cpuUsage(startedAt).user / 1e6).toBeLessThan(10);
});
