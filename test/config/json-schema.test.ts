import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { configurationJsonSchema } from '../../config/schema/json-schema.ts';
import { loadConfiguration } from '../../config/load.ts';
import { faultsOf } from './configuration-file.ts';

const validate = new Ajv({ strict: false, allErrors: true }).compile(configurationJsonSchema());

/** The violations of the schema by a text; empty if there are none. */
function objectionsTo(text: string): object[] {
  validate(parse(text));
  return validate.errors ?? [];
}

/** All except examples/distribution, which has files of other tools. */
const EXAMPLES = readdirSync('examples', { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.yaml') && !name.startsWith('distribution/'),
);
const DOCUMENTED = ['configuration.md', 'auth.md', 'kubernetes.md', 'sources.md'].flatMap((name) =>
  [...readFileSync(`docs/${name}`, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text = '']) =>
    /^auth:/m.test(text) ? [text] : [],
  ),
);

describe('the examples', () => {
  test('exist', () => {
    expect(EXAMPLES.length).toBeGreaterThan(0);
    expect(DOCUMENTED.length).toBeGreaterThan(0);
  });

  test.each(EXAMPLES)('%s is valid', async (name) => {
    const path = `examples/${name}`;
    expect((await loadConfiguration(path, {})).notes).toEqual([]);
    expect(objectionsTo(readFileSync(path, 'utf8'))).toEqual([]);
  });

  test.each(DOCUMENTED)('the examples in the documentation are valid: %s', async (text) => {
    expect(await faultsOf(text)).toEqual([]);
    expect(objectionsTo(text)).toEqual([]);
  });
});

test.each([
  'sources: [{ name: a, managed: {} }]\nauth: { mode: oauth }',
  'sources: [{ name: a, kubernetes: { namespaces: [] } }]\nauth: { mode: anonymous }',
  'sources: [{ name: a, file: { path: x }, syncPolicy: { interval: soon } }]\nauth: { mode: anonymous }',
  'registries: [{ name: A, managed: {} }]\nauth: { mode: anonymous }',
  'source: { type: managed }\nauth: { mode: anonymous }',
])('the schema refuses what loading refuses: %s', async (text) => {
  expect(objectionsTo(text)).not.toEqual([]);
  expect(await faultsOf(text)).not.toEqual([]);
});
