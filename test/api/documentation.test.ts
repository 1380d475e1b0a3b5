import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiDocument } from '../../api/openapi.ts';
import { source } from '../db/sync-source.ts';
import { type Example, examplesIn } from './documented-examples.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';

const EXAMPLES = examplesIn(readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8'));

let publishing: PublishingApi;
/** What an earlier answer gave, for a later request. */
const given = { nextCursor: '', etag: '' };

beforeAll(async () => {
  publishing = await startPublishingApi(source('own', 'managed'));
});
afterAll(() => publishing.end());

describe('docs/api.md, example by example', () => {
  test.each(EXAMPLES)('$method $path', async ({ method, path, headers, body, answer }) => {
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
  });
});

test('docs/api.md has an example of every operation', () => {
  const paths = Object.entries(openApiDocument({ needsTokens: false }).paths ?? {}).filter(
    ([path]) => !path.startsWith('/registry/{registry}/v0.1'),
  );
  const operations = paths.flatMap(([path, item]) =>
    Object.keys(item).map((method) => ({ method: method.toUpperCase(), path })),
  );
  expect(operations.filter((operation) => !EXAMPLES.some((example) => isOf(example, operation)))).toEqual([]);
});

/** `/v0` is another name of `/v0.1`, and a name has a plain slash or an encoded one. */
function isOf(example: Example, { method, path }: { method: string; path: string }): boolean {
  const segments = path
    .split('/')
    .map((segment) => (segment.startsWith('{') ? '[^/?]+' : segment.replace('.', String.raw`\.`)));
  const asked = example.path.replace(/^\/v0\//, '/v0.1/').replace('com.example/', 'com.example%2F');
  return example.method === method && new RegExp(`^${segments.join('/')}(\\?.*)?$`).test(asked);
}

/** What differs from one run to the next: dates, cursors, and what tells of the machine. */
function timeless(text: string): unknown {
  if (text === '') return '';
  return JSON.parse(text, (name, value: unknown) => {
    if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value)) return 'a date';
    return ['nextCursor', 'expires_at', 'node_version', 'platform', 'commit', 'build_date'].includes(name)
      ? 'any'
      : value;
  });
}
