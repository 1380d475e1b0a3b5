import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compactJson, memberTexts } from '../../registry/document/json-text.ts';

describe('compactJson', () => {
  test('removes only white space between tokens', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(1, 4, '\t', '\r\n '), (value, space) => {
        expect(compactJson(JSON.stringify(value, null, space))).toBe(JSON.stringify(value));
        expect(compactJson(Buffer.from(JSON.stringify(value, null, space)))).toBe(JSON.stringify(value));
      }),
    );
  });

  test('works on a whole document of escapes', () => {
    const json = JSON.stringify({ text: '\n'.repeat(512 * 1024) });
    expect(compactJson(`${json} `)).toBe(json);
  });

  test('keeps a compact text unchanged', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(compactJson(compactJson(json))).toBe(compactJson(json));
      }),
    );
    expect(compactJson(String.raw`{"b":1.0,"1":"a \" b\\"}`)).toBe(String.raw`{"b":1.0,"1":"a \" b\\"}`);
  });
});

describe('memberTexts', () => {
  test('finds the members of an object, the last one of duplicates', () => {
    const object = Buffer.from('{"a": {"b": 1}, "b" : [2] , "b": {"x": 3.0}}');
    expect([...memberTexts(object)]).toEqual([
      ['a', '{"b":1}'],
      ['b', '{"x":3.0}'],
    ]);
  });
});
