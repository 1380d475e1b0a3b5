import { expect, test } from 'vitest';
import { printable } from '../../cli/terminal/printable.ts';

test.each([
  ['a colour', '\u001b[31mred', String.raw`\u001b[31mred`],
  ['the title of the window', '\u001b]0;title\u0007', String.raw`\u001b]0;title\u0007`],
  ['a control sequence in one character', '\u009b2J', String.raw`\u009b2J`],
  ['a line that overwrites itself', 'evil\rgood', String.raw`evil\u000dgood`],
  ['writing from right to left', 'a\u202eb', String.raw`a\u202eb`],
])('%s is escaped', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('lines, columns, and all languages are unchanged', () => {
  const text = 'NAME\tДа\n日本語 – “ok” 👩‍🚀\n';
  expect(printable(text)).toBe(text);
});

test('JSON keeps its value', () => {
  const value = { text: '\u009b\u007f\u202e' };
  expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
});
