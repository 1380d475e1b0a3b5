import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENDPOINT_GROUPS } from '../../api/endpoints/groups.ts';
import { openApiDocument } from '../../api/openapi/document.ts';
import { source } from '../db/sync-source.ts';
import { type Example, examplesIn } from './documented-examples.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';

const EXAMPLES = examplesIn(readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8'));

let publishing: PublishingApi;
/** Values from an earlier answer, for a later request. */
const given = { nextCursor: '', etag: '' };

beforeAll(async () => {
  publishing = await startPublishingApi(source('own', 'managed'));
});
afterAll(() => publishing.end());

describe('docs/api.md, example by example', () => {
  test.each(EXAMPLES)('$method $path', async (example) => {
    const { method, path, headers, body, answer } = example;
    const response = await publishing.api.get(path.replace('{nextCursor}', given.nextCursor), {
      method,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, value.replace('{ETag}', given.etag)]),
      ),
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    given.etag = response.headers.get('etag') ?? given.etag;
    given.nextCursor = /"nextCursor":"([^"]+)"/.exec(text)?.[1] ?? given.nextCursor;

    expect({ status: response.status, body: timeless(text) }).toEqual({
      status: answer.status,
      body: timeless(answer.body ?? ''),
    });
    for (const name of Object.keys(answer.headers)) expect(response.headers.get(name)).not.toBeNull();
    expect(objections(example, { status: response.status, text })).toEqual([]);
  });
});

const DOCUMENT = openApiDocument(ENDPOINT_GROUPS, { needsTokens: false });
const OPERATIONS = Object.entries(DOCUMENT.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Readonly<Record<string, Operation>>).map(([method, { responses }]) => ({
    method: method.toUpperCase(),
    path,
    responses,
  })),
);
interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

test('docs/api.md has an example of every operation', () => {
  const missing = OPERATIONS.filter((operation) => !EXAMPLES.some((example) => isOf(example, operation)));
  expect(missing.filter(({ path }) => !path.startsWith('/registry/{registry}/v0.1'))).toEqual([]);
});

const schemas = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
schemas.addSchema(DOCUMENT, 'document');

/** The violations of the OpenAPI document by an answer; empty if there are none. */
function objections(example: Example, { status, text }: { status: number; text: string }): object[] {
  // tRPC describes itself.
  if (example.path.startsWith('/trpc/')) return [];
  const operation = OPERATIONS.find((candidate) => isOf(example, candidate));
  const response = operation?.responses[status];
  if (operation === undefined || response === undefined) return [{ example: example.path, undocumented: status }];
  if (response.content === undefined) return text === '' ? [] : [{ text }];
  const steps = ['paths', operation.path, operation.method.toLowerCase(), 'responses', String(status), 'content'];
  const pointer = [...steps, 'application/json', 'schema'].map((step) => step.replaceAll('/', '~1')).join('/');
  const validate = schemas.compile({ $ref: `document#/${pointer.replaceAll('{', '%7B').replaceAll('}', '%7D')}` });
  validate(JSON.parse(text));
  return validate.errors ?? [];
}

/** `/v0` is another name of `/v0.1`, and a slash in a name can be plain or encoded. */
function isOf(example: Example, { method, path }: { method: string; path: string }): boolean {
  const segments = path
    .split('/')
    .map((segment) => (segment.startsWith('{') ? '[^/?]+' : segment.replace('.', String.raw`\.`)));
  const asked = example.path.replace(/^\/v0\//, '/v0.1/').replace('com.example/', 'com.example%2F');
  return example.method === method && new RegExp(`^${segments.join('/')}(\\?.*)?$`).test(asked);
}

/** Values that differ between runs: dates, cursors, and anything that depends on the machine. */
function timeless(text: string): unknown {
  if (text === '') return '';
  return JSON.parse(text, (name, value: unknown) => {
    if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value)) return 'a date';
    return [
      'nextCursor',
      'expires_at',
      'node_version',
      'platform',
      'commit',
      'build_date',
      'git_commit',
      'build_time',
    ].includes(name)
      ? 'any'
      : value;
  });
}
