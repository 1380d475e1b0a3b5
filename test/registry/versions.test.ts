import fc from 'fast-check';
import { compare } from 'semver';
import { describe, expect, test } from 'vitest';
import { isSemanticVersion, isVersionRange, versionOrder } from '../../registry/versions.ts';

/** Mostly equal, so that later parts of a version decide. */
const number = fc
  .oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.nat(12), fc.nat(Number.MAX_SAFE_INTEGER))
  .map(String);
const word = fc
  .stringMatching(/^[0-9A-Za-z-]{1,6}$/)
  .filter((identifier) => !/^\d+$/.test(identifier) || identifier === String(Number(identifier)));
const identifiers = (identifier: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(identifier, { minLength: 1, maxLength: 4 }).map((list) => list.join('.'));
const version = fc
  .tuple(
    fc.tuple(number, number, number).map((core) => core.join('.')),
    fc.option(identifiers(fc.oneof(number, word, fc.constantFrom('a', 'a-', 'alpha', 'beta', 'rc'))), {
      nil: undefined,
    }),
    fc.option(identifiers(word), { nil: undefined }),
  )
  .map(([core, prerelease, build]) => `${core}${prerelease ? `-${prerelease}` : ''}${build ? `+${build}` : ''}`);

/** Like Postgres in collation "C": byte by byte. */
const byteOrder = (left: string, right: string): number =>
  Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right)));

const key = versionOrder;

describe('the order of versions', () => {
  test('of the keys is the precedence of the semantic versions', () => {
    fc.assert(
      fc.property(version, version, (left, right) => {
        expect(byteOrder(key(left), key(right))).toBe(compare(left, right));
      }),
      { numRuns: 2000 },
    );
  });

  test('matches the example of semver.org', () => {
    const ascending = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.1-0',
      '1.2.0',
      '1.10.0',
      '10.0.0',
    ];
    expect(ascending.toSorted((left, right) => byteOrder(key(left), key(right)))).toEqual(ascending);
  });

  test('compares numbers that floating point numbers can’t distinguish', () => {
    expect(byteOrder(key('1.0.0-99999999999999999998'), key('1.0.0-99999999999999999999'))).toBe(-1);
    expect(byteOrder(key('1.0.0-9'), key('1.0.0-99999999999999999999'))).toBe(-1);
  });

  test('compares the numbers of releases above 2^53', () => {
    expect(isSemanticVersion('1.99999999999999999999.0')).toBe(true);
    expect(byteOrder(key('1.99999999999999999998.0'), key('1.99999999999999999999.0'))).toBe(-1);
    expect(byteOrder(key('1.9007199254740993.0'), key('2.0.0'))).toBe(-1);
  });

  test.each([
    ['1.0.0+a', '1.0.0+b'],
    ['v1.2.3-rc.1', '1.2.3-rc.1'],
    ['v1.9', '1.9'],
  ])('doesn’t distinguish %s and %s', (left, right) => {
    expect(versionOrder(left)).toBe(versionOrder(right));
  });

  test.each([
    '1.0',
    'vv1.0.0',
    ' 1.0.0',
    '1.0.0 ',
    '1.0.0\n',
    '1.0.0.0',
    '01.0.0',
    '1.0.0-01',
    '2025-09-01',
    'main',
    '',
  ])('puts %j, which isn’t semantic, before every semantic version', (text) => {
    expect(isSemanticVersion(text)).toBe(false);
    expect(byteOrder(key(text), key('0.0.0-0'))).toBe(-1);
  });

  test.each([
    ['v1.9.0', 'v1.10.0'],
    ['1.9', '1.10'],
    ['1.2.3.9', '1.2.3.10'],
    ['release-9', 'release-10'],
    ['2025.09.30', '2025.10.01'],
    ['2025-6-18', '2025-06-19'],
    ['1.9', 'v1.10'],
    ['1', '1.0'],
    [`1.${'9'.repeat(299)}`, `1.1${'0'.repeat(299)}`],
  ])('puts %s before %s', (lower, higher) => {
    expect(byteOrder(key(lower), key(higher))).toBe(-1);
  });
});

describe('a range', () => {
  test.each([
    '^1.2.3',
    '~1.2',
    '>=1.2.3',
    '<2',
    '=1.0.0',
    '1.x',
    '1.2.X',
    '1.*',
    '*',
    'v1.x',
    '1.0.0 - 2.0.0',
    '1 || 2',
    '>=1 <2',
    '1.0.0, <2',
  ])('is %s', (text) => {
    expect(isVersionRange(text)).toBe(true);
  });

  test.each(['1.2.3', '1.0.0-x.1', '1.0.0-alpha', '2025.09.01', '1.0.0+x', 'v2', 'xyz', '2.0-x', 'alpha.x'])(
    'doesn’t include %s',
    (text) => {
      expect(isVersionRange(text)).toBe(false);
    },
  );
});
