import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { source, useSources } from '../db/sync-source.ts';
import { type RunningApi, startApiOnFreshDatabase } from '../api/running-api.ts';
import { runRollcall } from './rollcall-process.ts';

let api: RunningApi;
let folder: string;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
  folder = await mkdtemp(join(tmpdir(), 'rollcall-validate-'));
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

interface Fault {
  readonly path: string;
  readonly message: string;
}

const FAULTY = {
  name: 'no-namespace',
  title: '',
  version: '^1.0.0',
  repository: {},
  icons: [{ src: 'http://example.com/icon.png', theme: 'blue' }],
  packages: [
    { registry_type: 'npm', identifier: '', version: 'latest', transport: { type: 'pigeon' } },
    { registryType: 'mcpb', identifier: 'x', transport: { type: 'stdio' }, packageArguments: [{ type: 'positional' }] },
  ],
  remotes: [{ type: 'sse', url: 'https://{region}.example.com', headers: [{}] }],
  _meta: { 'io.modelcontextprotocol.registry/publisher-provided': { large: 'x'.repeat(5000) } },
};

test.each<[string, unknown, number]>([
  ['many faults', FAULTY, 19],
  ['none', { name: 'com.example/weather', description: 'Forecasts', version: '1.0.0' }, 0],
  ['no object', [], 1],
])('the command and the API report the same about a document with %s', async (_what, document, count) => {
  const path = join(folder, 'server.json');
  await writeFile(path, JSON.stringify(document));
  const { status, stdout } = await runRollcall('validate', path, '--json');
  const told = JSON.parse(stdout) as { valid: boolean; faults: Fault[] };

  const response = await api.send('POST', '/v0.1/validate', { body: document });
  const { valid, issues } = (await response.json()) as { valid: boolean; issues: Fault[] };
  expect(issues.map(({ path: at, message }) => ({ path: at, message }))).toEqual(told.faults);
  expect(told.faults).toHaveLength(count);
  expect([told.valid, valid, status === 0]).toEqual([count === 0, count === 0, count === 0]);
});
