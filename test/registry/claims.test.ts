import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Claims,
  type HeldClaims,
  heldValues,
  isClaims,
  mayGrant,
  maySee,
  sameClaims,
} from '../../registry/claims.ts';

/** A token with nested claims, as providers issue them. */
const TOKEN: HeldClaims = {
  sub: 'ada',
  org: 'acme',
  groups: ['search', 'platform'],
  level: 3,
  active: true,
  nobody: null,
  mixed: ['a', 1, null, 'b'],
  empty: [],
  realm_access: { roles: ['publisher'] },
  'https://acme.example/roles': ['admin'],
  'https://acme.example/app': { 'a.b': { team: 'x' } },
  'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'publisher', uid: '1' } },
};

describe('entries with claims are seen by callers', () => {
  test.each<[string, Claims]>([
    ['who hold the value', { org: 'acme' }],
    ['who hold the value among others', { groups: 'search' }],
    ['who hold any value of a list', { groups: ['finance', 'search'] }],
    ['who hold all claims', { org: 'acme', groups: ['search'] }],
    ['who hold the claim at all, if the list is empty', { groups: [] }],
    ['who hold it in a nested claim', { 'realm_access.roles': 'publisher' }],
    ['who hold it in a claim that is named like a URL', { 'https://acme.example/roles': 'admin' }],
    ['who hold it below names with dots', { 'https://acme.example/app.a.b.team': 'x' }],
    ['a service account', { 'kubernetes.io.namespace': 'ci', 'kubernetes.io.serviceaccount.name': 'publisher' }],
  ])('%s: %j', (_, claims) => {
    expect(maySee(TOKEN, claims)).toBe(true);
  });

  test.each<[string, Claims]>([
    ['if nothing is required', {}],
    ['with another value', { org: 'other' }],
    ['without one of the claims', { org: 'acme', team: 'x' }],
    ['without any value of a list', { groups: ['finance'] }],
    ['with a value in another case', { org: 'ACME' }],
    ['with a number or a truth value, which claims are not', { level: '3' }],
    ['with a truth value', { active: 'true' }],
    ['with an empty claim', { nobody: [] }],
    ['with a mapping instead of texts', { realm_access: [] }],
    ['with a claim only at a deeper level', { roles: 'publisher' }],
    ['with a claim under a shorter path', { 'org.acme': 'acme' }],
    ['because of a member that every object has', { constructor: [] }],
    ['because of a nested member that every object has', { 'realm_access.constructor.name': 'Object' }],
    ['by an element of a list', { 'groups.0': 'search' }],
  ])('not %s: %j', (_, claims) => {
    expect(maySee(TOKEN, claims)).toBe(false);
  });
});

describe('claims can be assigned by callers', () => {
  test.each<[string, Claims, boolean]>([
    ['who hold every value of a list', { groups: ['platform', 'search'] }, true],
    ['but not by those with only some', { groups: ['search', 'finance'] }, false],
    ['but not by those with the values and without another claim', { groups: ['search'], team: 'x' }, false],
    ['who hold them nested', { 'realm_access.roles': ['publisher'] }, true],
    ['but not if there are none', {}, false],
  ])('%s: %j', (_, claims, expected) => {
    expect(mayGrant(TOKEN, claims)).toBe(expected);
  });
});

describe('of any token and any claims', () => {
  const name = fc.stringMatching(/^[a-c](?:\.?[a-c]){0,3}$/);
  const value = fc.constantFrom('x', 'y', 'z');
  const claims = fc.dictionary(name, fc.oneof(value, fc.uniqueArray(value, { maxLength: 3 })), { maxKeys: 3 });
  const held: fc.Arbitrary<HeldClaims> = fc.letrec<{ token: HeldClaims; claim: unknown }>((tie) => ({
    token: fc.dictionary(name, tie('claim'), { maxKeys: 4 }),
    claim: fc.oneof({ depthSize: 'small' }, value, fc.array(value), fc.integer(), tie('token')),
  })).token;
  /** Claims, and a token that contains some of them: a random token would hardly hold any. */
  const pair = fc.tuple(held, claims, fc.boolean()).map(([token, asked, copied]) => ({
    token: copied ? { ...token, ...asked } : token,
    asked,
  }));
  const listOf = (wanted: string | readonly string[]): readonly string[] =>
    typeof wanted === 'string' ? [wanted] : wanted;
  const withValues = (asked: Claims, change: (values: readonly string[]) => readonly string[]): Claims =>
    Object.fromEntries(Object.entries(asked).map(([claim, wanted]) => [claim, change(listOf(wanted))]));

  test('callers who can assign claims see entries with them', () => {
    fc.assert(
      fc.property(pair, ({ token, asked }) => {
        expect(!mayGrant(token, asked) || maySee(token, asked)).toBe(true);
      }),
    );
  });

  test('one value and a list of it mean the same', () => {
    fc.assert(
      fc.property(pair, ({ token, asked }) => {
        const asLists = withValues(asked, (values) => values);
        expect(maySee(token, asLists)).toBe(maySee(token, asked));
        expect(mayGrant(token, asLists)).toBe(mayGrant(token, asked));
      }),
    );
  });

  test('a further claim never shows an entry to another caller', () => {
    fc.assert(
      fc.property(pair, name, ({ token, asked }, further) => {
        fc.pre(Object.keys(asked).length > 0 && !Object.hasOwn(asked, further));
        expect(!maySee(token, { ...asked, [further]: 'x' }) || maySee(token, asked)).toBe(true);
      }),
    );
  });

  test('a further value never hides an entry, and can’t be assigned by another caller', () => {
    fc.assert(
      fc.property(pair, value, ({ token, asked }, other) => {
        const widened = withValues(asked, (values) => (values.length === 0 ? [] : [...values, other]));
        expect(!maySee(token, asked) || maySee(token, widened)).toBe(true);
        expect(!mayGrant(token, widened) || mayGrant(token, asked)).toBe(true);
      }),
    );
  });

  test('a path finds its member, whatever dots its names contain', () => {
    const member = fc.stringMatching(/^[a-z]+(?:[.][a-z]+){0,3}$/);
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 4 }), value, (path, text) => {
        const token = path.reduceRight<unknown>((inner, name_) => ({ [name_]: inner }), text) as HeldClaims;
        expect([...(heldValues(token, path.join('.')) ?? [])]).toEqual([text]);
      }),
    );
  });

  test('a claim with exactly this name takes precedence over any path', () => {
    fc.assert(
      fc.property(held, name, value, (token, exact, text) => {
        expect([...(heldValues({ ...token, [exact]: text }, exact) ?? [])]).toEqual([text]);
      }),
    );
  });
});

describe('claims are the same', () => {
  test.each<[Claims, Claims]>([
    [{ team: 'a' }, { team: ['a'] }],
    [{ team: ['a', 'b', 'a'] }, { team: ['b', 'a'] }],
    [
      { team: 'a', org: 'x' },
      { org: 'x', team: 'a' },
    ],
  ])('%j and %j', (left, right) => {
    expect(sameClaims(left, right)).toBe(true);
  });

  test.each<[Claims, Claims]>([
    [{ team: 'a' }, { team: ['a', 'b'] }],
    [{ team: 'a' }, { team: 'a', org: 'x' }],
    [{ team: [] }, {}],
    [{ team: [] }, { team: '' }],
  ])('unlike %j and %j', (left, right) => {
    expect(sameClaims(left, right)).toBe(false);
  });
});

test.each([
  null,
  'team',
  ['team'],
  { team: 1 },
  { team: ['a', null] },
  { team: { a: 'b' } },
  { 'te\0am': 'a' },
  { team: '\ud800' },
])('%j are not valid claims', (value) => {
  expect(isClaims(value)).toBe(false);
});
