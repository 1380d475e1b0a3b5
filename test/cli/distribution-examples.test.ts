/** The examples of distributing approved servers, run as far as possible without GitHub, a cluster, and a Mac. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { type RunningApi, startApiOnFreshDatabase } from '../api/running-api.ts';
import { draft, source, sync } from '../db/sync-source.ts';
import { ROLLCALL } from './rollcall-process.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/distribution', import.meta.url));

let api: RunningApi;
let folder: string;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-distribution-'));
  api = await startApiOnFreshDatabase();
  await storeConfiguration(api.database, {
    sources: [source('alpha')],
    registries: [{ name: 'approved', sources: ['alpha'] }],
    defaultRegistry: 'default',
  });
  await approve('https://weather.example/mcp');
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'rollcall'), `#!/bin/sh\nexec "${process.execPath}" "${ROLLCALL}" "$@"\n`);
  await chmod(join(bin, 'rollcall'), 0o755);
  environment = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, ROLLCALL_SERVER: api.url };
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

async function approve(url: string): Promise<void> {
  const server = { name: 'com.example/weather', version: '1.0.0', description: 'Weather & more' };
  const document = JSON.stringify({ ...server, remotes: [{ type: 'streamable-http', url }] });
  const entries = [draft(server.name, server.version, { document })];
  await sync(api.database, { sourceName: 'alpha', apply: { force: true }, entries });
}

async function run(command: string, words: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(command, words, { cwd: folder, env: { ...environment, ...more } });
  return stdout;
}

const example = (name: string): Promise<string> => readFile(join(EXAMPLES, name), 'utf8');

test('rollcall-policy is a policyHelper', async () => {
  const cache = join(folder, 'claude-code.json');
  const answer = await run(join(EXAMPLES, 'rollcall-policy'), [], {
    ROLLCALL_POLICY_CACHE: cache,
    CLAUDE_CODE_VERSION: '2.1.332',
  });
  expect(JSON.parse(answer)).toMatchObject({
    managedSettings: { managedMcpServers: { 'com-example_weather': { url: 'https://weather.example/mcp' } } },
  });
});

test('the workflow reports drift once', async () => {
  const workflow = parse(await example('github-drift.yaml')) as {
    jobs: { update: { steps: { id?: string; run?: string }[] } };
  };
  const script = workflow.jobs.update.steps.find(({ id }) => id === 'check')?.run ?? '';
  const drift = async (): Promise<string> => {
    const output = join(folder, 'github-output');
    await writeFile(output, '');
    await run('bash', ['-e', '-o', 'pipefail', '-c', script], { GITHUB_OUTPUT: output });
    return await readFile(output, 'utf8');
  };
  expect(await drift()).toBe('drift=yes\n');
  expect(await drift()).toBe('drift=no\n');
  await approve('https://weather.example/mcp/v2');
  expect(await drift()).toBe('drift=yes\n');
  expect(await readFile(join(folder, 'managed-settings.json'), 'utf8')).toContain('https://weather.example/mcp/v2');
});

test('the CronJob writes the files', async () => {
  interface CronJob {
    spec: { jobTemplate: { spec: { template: { spec: { containers: { command: string[]; args: string[] }[] } } } } };
  }
  const [container] = (parse(await example('cronjob.yaml')) as CronJob).spec.jobTemplate.spec.template.spec.containers;
  const files = join(folder, 'files');
  await mkdir(files);
  const script = container?.args[0]?.replaceAll('/files/', `${files}/`) ?? '';
  await run('sh', [...(container?.command.slice(1) ?? []), script]);
  expect(await readFile(join(files, 'requirements.toml'), 'utf8')).toContain(
    '[mcp_servers.com-example_weather.identity]',
  );
  expect(await readFile(join(files, 'managed-mcp.json'), 'utf8')).toContain('com-example_weather');
});

test('the profile has both exports, and is reproducible', async () => {
  const exported = async (target: string, ...more: readonly string[]): Promise<string> => {
    const file = join(folder, `${target}.json`);
    await run('rollcall', ['export', target, '--registry', 'approved', '--output', file, ...more]);
    return file;
  };
  const files = [
    await exported('claude-desktop-managed'),
    await exported('claude-code-managed-settings', '--mode', 'both'),
  ];
  const profile = await run(process.execPath, [join(EXAMPLES, 'mobileconfig.mjs'), ...files]);
  expect(profile).toContain('<key>managedMcpServers</key><string>[{"name":"com-example_weather"');
  expect(profile).toContain('<key>allowManagedMcpServersOnly</key><true/>');
  expect(profile.match(/<dict>/g)?.length).toBe(profile.match(/<\/dict>/g)?.length);
  expect(await run(process.execPath, [join(EXAMPLES, 'mobileconfig.mjs'), ...files])).toBe(profile);
});
