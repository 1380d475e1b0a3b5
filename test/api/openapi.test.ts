import { hash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { source, useSources } from '../db/sync-source.ts';
import { readJson } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
});
afterAll(() => api.stop());

interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: unknown;
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}

const read = (): Promise<OpenApi> => readJson<OpenApi>(api, '/openapi.json');

test('older versions of thv accept the server as a registry', async () => {
  const response = await api.get('/openapi.yaml');
  expect(response.status).toBe(200);
  const { info } = parse(await response.text()) as OpenApi;
  expect(info.version).toBe('1.0.0');
  expect(info.description).toContain('https://github.com/modelcontextprotocol/registry');
});

test('the document is the same in YAML and JSON', async () => {
  expect(parse(await (await api.get('/openapi.yaml')).text())).toEqual(await read());
});

test('every reference exists, and every operation has a unique name', async () => {
  const document = await read();
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? '');
  expect(references.length).toBeGreaterThan(10);
  const resolve = (path: string): unknown =>
    path.split('/').reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], document);
  expect(references.filter((path) => resolve(path) === undefined)).toEqual([]);
  const ids = operations(document).map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the declared path parameters are those in the path', async () => {
  for (const { path, operation } of operations(await read())) {
    const declared = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => name);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    expect({ path, parameters: declared.toSorted() }).toEqual({ path, parameters: inPath.toSorted() });
  }
});

test('every documented path is served with the documented methods', async () => {
  const { paths } = await read();
  for (const [path, item] of Object.entries(paths)) {
    const concrete = path
      .replace('{registry}', 'default')
      .replace('{server}', 'com.example%2Fweather')
      .replace('{version}', '1');
    const response = await api.get(concrete, { method: 'PROPFIND' });
    const documented = Object.keys(item).flatMap((method) =>
      method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
    );
    expect({ path, status: response.status, allow: response.headers.get('allow')?.split(', ').toSorted() }).toEqual({
      path,
      status: 405,
      allow: documented.toSorted(),
    });
  }
});

test('the HTML page shows every path, and loads and runs nothing else', async () => {
  const response = await api.get('/docs');
  const html = await response.text();
  expect(response.headers.get('content-type')).toContain('text/html');
  for (const path of Object.keys((await read()).paths)) expect(html).toContain(`<code>${path}</code>`);
  expect(html).not.toMatch(/<(script|img|link|iframe)\b|@import|url\(/);
  const style = /<style>([^]*)<\/style>/.exec(html)?.[1] ?? '';
  expect(response.headers.get('content-security-policy')).toContain(
    `style-src 'sha256-${hash('sha256', style, 'base64')}'`,
  );
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
});

function operations({ paths }: OpenApi): { path: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, item]) => Object.values(item).map((operation) => ({ path, operation })));
}
