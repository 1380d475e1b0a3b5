/** Error messages for invalid values. */

import type { z } from 'zod';

import type { Path } from '../document.ts';

/** `sources[0].git.branch`; empty for the file itself. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === 'number') return `${text}[${String(segment)}]`;
    return text === '' ? String(segment) : `${text}.${String(segment)}`;
  }, '');
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

/** The message of an issue without one in the schema. Never quotes a value, which may be secret. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return describeWrongType(issue.expected, issue.input);
  if (issue.code === 'invalid_value') return describeWrongChoice(issue.values, issue.input);
  if (issue.code === 'too_small')
    return `expected ${issue.inclusive ? 'at least' : 'more than'} ${String(issue.minimum)}`;
  if (issue.code === 'too_big') {
    return `expected at most ${String(issue.maximum)}${issue.origin === 'string' ? ' characters' : ''}`;
  }
  if (issue.code === 'invalid_union') return 'expected text or a list of texts';
  if (issue.code === 'invalid_key') return issue.issues[0]?.message;
  return undefined;
}

function describeWrongChoice(choices: readonly unknown[], input: unknown): string {
  return input === undefined
    ? 'is missing'
    : `expected one of ${choices.map((choice) => `\`${String(choice)}\``).join(', ')}`;
}

function describeWrongType(expected: string, input: unknown): string {
  if (input === undefined) return 'is missing';
  const isScalar = typeof input === 'number' || typeof input === 'boolean';
  const advice = expected === 'string' && isScalar ? ': put it in quotes' : '';
  return `expected ${KINDS[expected] ?? expected}, found ${describeKind(input)}${advice}`;
}

function describeKind(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return KINDS[typeof value] ?? typeof value;
}
