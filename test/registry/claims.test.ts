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

/** A token of somebody, as providers nest what they say. */
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

describe('what carries claims is seen by', () => {
  test.each<[string, Claims]>([
    ['who holds the value', { org: 'acme' }],
    ['who holds the value among others', { groups: 'search' }],
    ['who holds any value of a list', { groups: ['finance', 'search'] }],
    ['who holds all claims', { org: 'acme', groups: ['search'] }],
    ['who holds the claim at all, where the list is empty', { groups: [] }],
    ['who holds it in a nested claim', { 'realm_access.roles': 'publisher' }],
    ['who holds it in a claim that is called like a URL', { 'https://acme.example/roles': 'admin' }],
    ['who holds it below names with dots', { 'https://acme.example/app.a.b.team': 'x' }],
    ['a service account', { 'kubernetes.io.namespace': 'ci', 'kubernetes.io.serviceaccount.name': 'publisher' }],
  ])('%s: %j', (_, claims) => {
    expect(maySee(TOKEN, claims)).toBe(true);
  });

  test.each<[string, Claims]>([
    ['nobody, where nothing is asked for', {}],
    ['who holds another value', { org: 'other' }],
    ['who lacks one of the claims', { org: 'acme', team: 'x' }],
    ['who holds none of a list', { groups: ['finance'] }],
    ['who holds it in other letters', { org: 'ACME' }],
    ['who holds a number or a truth value, which claims are not', { level: '3' }],
    ['who holds a truth value', { active: 'true' }],
    ['who holds nothing, though the claim is there', { nobody: [] }],
    ['who holds a mapping where texts are asked for', { realm_access: [] }],
    ['who holds it in lower places only', { roles: 'publisher' }],
    ['who holds it under a shorter path', { 'org.acme': 'acme' }],
    ['everybody, by what every object has', { constructor: [] }],
    ['everybody, by what every object has, nested', { 'realm_access.constructor.name': 'Object' }],
    ['who could only be asked for an element of a list', { 'groups.0': 'search' }],
  ])('not %s: %j', (_, claims) => {
    expect(maySee(TOKEN, claims)).toBe(false);
  });
});

describe('claims are given by', () => {
  test.each<[string, Claims, boolean]>([
    ['who holds every value of a list', { groups: ['platform', 'search'] }, true],
    ['not who holds only some', { groups: ['search', 'finance'] }, false],
    ['not who holds the values but lacks another claim', { groups: ['search'], team: 'x' }, false],
    ['who holds them nested', { 'realm_access.roles': ['publisher'] }, true],
    ['nobody, where there are none', {}, false],
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
  /** Claims, and a token of which some were copied: few others would hold any. */
  const pair = fc.tuple(held, claims, fc.boolean()).map(([token, asked, copied]) => ({
    token: copied ? { ...token, ...asked } : token,
    asked,
  }));
  const listOf = (wanted: string | readonly string[]): readonly string[] =>
    typeof wanted === 'string' ? [wanted] : wanted;
  const withValues = (asked: Claims, change: (values: readonly string[]) => readonly string[]): Claims =>
    Object.fromEntries(Object.entries(asked).map(([claim, wanted]) => [claim, change(listOf(wanted))]));

  test('who may give them sees what carries them', () => {
    fc.assert(
      fc.property(pair, ({ token, asked }) => {
        expect(!mayGrant(token, asked) || maySee(token, asked)).toBe(true);
      }),
    );
  });

  test('one value and a list of that one mean the same', () => {
    fc.assert(
      fc.property(pair, ({ token, asked }) => {
        const asLists = withValues(asked, (values) => values);
        expect(maySee(token, asLists)).toBe(maySee(token, asked));
        expect(mayGrant(token, asLists)).toBe(mayGrant(token, asked));
      }),
    );
  });

  test('asking for a further claim shows it to nobody else', () => {
    fc.assert(
      fc.property(pair, name, ({ token, asked }, further) => {
        fc.pre(Object.keys(asked).length > 0 && !Object.hasOwn(asked, further));
        expect(!maySee(token, { ...asked, [further]: 'x' }) || maySee(token, asked)).toBe(true);
      }),
    );
  });

  test('a further value hides it from nobody, and is given by nobody else', () => {
    fc.assert(
      fc.property(pair, value, ({ token, asked }, other) => {
        const widened = withValues(asked, (values) => (values.length === 0 ? [] : [...values, other]));
        expect(!maySee(token, asked) || maySee(token, widened)).toBe(true);
        expect(!mayGrant(token, widened) || mayGrant(token, asked)).toBe(true);
      }),
    );
  });

  test('a path leads to where its members lie, whatever dots their names have', () => {
    const member = fc.stringMatching(/^[a-z]+(?:[.][a-z]+){0,3}$/);
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 4 }), value, (path, text) => {
        const token = path.reduceRight<unknown>((inner, name_) => ({ [name_]: inner }), text) as HeldClaims;
        expect([...(heldValues(token, path.join('.')) ?? [])]).toEqual([text]);
      }),
    );
  });

  test('a claim that is called exactly so comes before any path', () => {
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
])('%j is no claims', (value) => {
  expect(isClaims(value)).toBe(false);
});
