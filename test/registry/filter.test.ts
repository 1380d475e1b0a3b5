import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { badPattern, compileFilter } from '../../registry/patterns/filter.ts';
import { compileGlob } from '../../registry/patterns/glob.ts';

describe('a name pattern', () => {
  test.each([
    ['*', 'io.github.someone/weather'],
    ['io.github.*', 'io.github.someone/weather'],
    ['*/weather', 'io.github.someone/weather'],
    ['*weather*', 'io.github.someone/weather'],
    ['com.example?weather', 'com.example/weather'],
    ['com.example/[a-w]eather', 'com.example/weather'],
    ['com.example/[!a-c]eather', 'com.example/weather'],
    ['com.example/[^a-c]eather', 'com.example/weather'],
    ['com.example/[a-]b', 'com.example/-b'],
    ['{com,org}.example/*', 'org.example/weather'],
    ['{com.{a,b},org}/x', 'com.b/x'],
    ['com.example/a{,b}', 'com.example/a'],
    ['com.example/\\*', 'com.example/*'],
    ['com.example/a,b', 'com.example/a,b'],
    ['com.example/(a|b)', 'com.example/(a|b)'],
    ['!com.example/a', '!com.example/a'],
  ])('%s matches %s', (pattern, name) => {
    expect(compileGlob(pattern)(name)).toBe(true);
  });

  test.each([
    ['weather', 'com.example/weather'],
    ['com.example/', 'com.example/weather'],
    ['com.example/Weather', 'com.example/weather'],
    ['com.example', 'com-example'],
    ['com.example/[!a-z]eather', 'com.example/weather'],
    ['com.example/\\*', 'com.example/weather'],
    ['!com.example/a', 'com.example/b'],
    ['com.example/?', 'com.example/'],
  ])('%s does not match %s', (pattern, name) => {
    expect(compileGlob(pattern)(name)).toBe(false);
  });

  test('matches like the equivalent regular expression', () => {
    const piece = fc.constantFrom('*', '?', 'a', 'b', '/', '[ab]', '[!a]', '{a,b*}', '{,/}');
    const pattern = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    const expression = (glob: string): RegExp =>
      new RegExp(
        `^${glob.replaceAll('[!', '[^').replaceAll('*', '.*').replaceAll('?', '.').replaceAll('{', '(?:').replaceAll(',', '|').replaceAll('}', ')')}$`,
      );
    fc.assert(
      fc.property(pattern, fc.stringMatching(/^[ab/]{0,8}$/), (glob, text) => {
        expect(compileGlob(glob)(text)).toBe(expression(glob).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('takes no longer for a name designed to slow it down', () => {
    const started = performance.now();
    expect(compileGlob('*a*a*a*a*a*a*a*a*a*a*a*a*b')('a'.repeat(20_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('an invalid pattern', () => {
  test.each([
    ['', /empty/],
    ['a[b', /"\["/],
    ['a]', /"\]"/],
    ['[]', /empty class/],
    ['[z-a]', /"z-a"/],
    ['{a,b', /"\{"/],
    ['a}', /"\}"/],
    ['a\\', /unfinished escape/],
    ['{a,b}'.repeat(12), /more than 1000/],
  ])('%j is refused with its fault', (pattern, fault) => {
    expect(badPattern(pattern)).toMatch(fault);
  });

  test('common patterns are valid', () => {
    expect(badPattern('io.github.{a,b}/*-[0-9]?')).toBeNull();
  });
});

describe('a filter', () => {
  test('accepts everything if it is empty', () => {
    expect(compileFilter(undefined)('a/b', [])).toBe('included');
    expect(compileFilter({ names: { include: [] }, tags: {} })('a/b', [])).toBe('included');
  });

  test('prefers an exclusion to an inclusion, of names and of tags', () => {
    const names = compileFilter({ names: { include: ['com.example/*'], exclude: ['*/beta-*'] } });
    expect([names('com.example/a', []), names('com.example/beta-a', []), names('org.example/a', [])]).toEqual([
      'included',
      'excluded',
      'excluded',
    ]);
    const tags = compileFilter({ tags: { include: ['database'], exclude: ['beta'] } });
    expect([tags('a/b', ['database']), tags('a/b', ['database', 'beta']), tags('a/b', ['Database'])]).toEqual([
      'included',
      'excluded',
      'excluded',
    ]);
  });

  test('requires both a name and a tag if it lists both', () => {
    const filter = compileFilter({ names: { include: ['com.*'] }, tags: { include: ['database'] } });
    expect([filter('com.a/b', ['database']), filter('com.a/b', []), filter('org.a/b', ['database'])]).toEqual([
      'included',
      'excluded',
      'excluded',
    ]);
  });

  test('that only excludes tags accepts servers without tags', () => {
    expect(compileFilter({ tags: { exclude: ['beta'] } })('a/b', [])).toBe('included');
  });
});
