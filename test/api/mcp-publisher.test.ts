/** The official publisher, unmodified, against a registry with a managed source. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { source } from '../db/sync-source.ts';
import { findGoProgram, MCP_PUBLISHER } from '../go-program.ts';
import { type Item, labels, official, readJson, readPage } from './items.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';

let publishing: PublishingApi;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'rollcall-publisher-'));
  publishing = await startPublishingApi(source('own', 'managed'));
});
afterAll(async () => {
  await publishing.end();
  await rm(home, { recursive: true, force: true });
});

const NAME = 'com.example/weather';
const PATH = '/v0.1/servers/com.example%2Fweather/versions';
const weather = (version: string): object => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name: NAME,
  description: 'Weather forecasts',
  version,
  packages: [{ registryType: 'npm', identifier: '@example/weather', version: '1.0.0', transport: { type: 'stdio' } }],
});

test(
  'mcp-publisher logs in, validates, publishes, deprecates, and deletes',
  {
    timeout: MCP_PUBLISHER.buildTimeoutMs + 60_000,
  },
  async (context) => {
    const program = await findGoProgram(MCP_PUBLISHER);
    if (typeof program !== 'string') {
      context.skip(program.missing);
      return;
    }
    const { api } = publishing;
    const publisher = (...options: readonly string[]): Promise<string> => runPublisher(program, options);

    await publisher('login', 'none', '--registry', api.url);
    for (const version of ['1.0.0', '1.1.0']) {
      await writeServerJson(weather(version));
      expect(await publisher('validate')).toContain('valid');
      expect(await publisher('publish')).toContain(version);
    }
    expect(labels(await readPage(api, PATH))).toEqual([`${NAME}@1.1.0`, `${NAME}@1.0.0`]);
    expect((await readJson<Item>(api, `${PATH}/1.1.0`)).server).toEqual(weather('1.1.0'));
    // The same document again gets the same answer, so that a retry in CI succeeds.
    expect(await publisher('publish')).toContain('1.1.0');
    await writeServerJson({ ...weather('1.1.0'), description: 'Another description' });
    await expect(publisher('publish')).rejects.toThrow('already exists');

    await publisher('status', '--status', 'deprecated', '--message', 'Use 1.1.0', NAME, '1.0.0');
    expect(official(await readJson<Item>(api, `${PATH}/1.0.0`))).toMatchObject({
      status: 'deprecated',
      statusMessage: 'Use 1.1.0',
    });
    await publisher('status', '--status', 'active', NAME, '1.0.0');
    await publisher('status', '--status', 'deleted', '--all-versions', '--yes', NAME);
    expect((await api.get(`${PATH}/latest`)).status).toBe(404);

    await writeServerJson({ ...weather('1.2.0'), $schema: undefined });
    await expect(publisher('publish')).rejects.toThrow('is required, like https://');
    await writeServerJson(weather('latest'));
    await expect(publisher('validate')).rejects.toThrow('must be a specific version, not "latest"');
    await expect(publisher('publish')).rejects.toThrow('must be a specific version, not "latest"');
  },
);

async function writeServerJson(document: object): Promise<void> {
  await writeFile(join(home, 'server.json'), JSON.stringify(document));
}

/** Its working folder, with server.json and the token. An error quotes its whole output. */
async function runPublisher(program: string, options: readonly string[]): Promise<string> {
  const running = promisify(execFile)(program, options, { cwd: home, env: { ...process.env, HOME: home } });
  const { stdout, stderr } = await running.catch((error: Error & { stdout: string }) => {
    throw new Error(`${error.stdout}\n${error.message}`, { cause: error });
  });
  return stdout + stderr;
}
