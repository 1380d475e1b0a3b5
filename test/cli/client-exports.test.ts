/** The commands around clients: export, policy, search, show, doctor. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { type RunningApi, startApiOnFreshDatabase } from '../api/running-api.ts';
import { draft, source, sync } from '../db/sync-source.ts';
import { type CommandResult, runRollcall, startRollcall } from './rollcall-process.ts';

let api: RunningApi;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-clients-'));
  api = await startApiOnFreshDatabase();
  await storeConfiguration(api.database, {
    sources: [source('alpha')],
    registries: [{ name: 'team', sources: ['alpha'] }],
    defaultRegistry: 'default',
  });
  await approve('1.0.0');
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

/** One server with a URL, and one npm package in this version. */
async function approve(version: string): Promise<void> {
  const packages = [{ registryType: 'npm', identifier: '@example/local', version, transport: { type: 'stdio' } }];
  const remotes = [{ type: 'streamable-http', url: 'https://weather.example/mcp' }];
  const document = (name: string, members: object, of = '1.0.0'): string =>
    JSON.stringify({ name, version: of, description: 'An example', ...members });
  await sync(api.database, {
    sourceName: 'alpha',
    apply: { force: true },
    entries: [
      draft('com.example/local', version, { document: document('com.example/local', { packages }, version) }),
      draft('com.example/weather', '1.0.0', { document: document('com.example/weather', { remotes }) }),
    ],
  });
}

const rollcall = (...words: readonly string[]): Promise<CommandResult> => runRollcall(...words, '--server', api.url);

describe('export', () => {
  test('lists the targets', async () => {
    const { status, stdout } = await rollcall('export', '--registry', 'team');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^copilot-managed-settings +GitHub Copilot: managed-settings\.json +2 +0$/m);
  });

  test('prints a file, and its report', async () => {
    const { stdout } = await rollcall('export', 'claude-code-managed-settings', '--registry', 'team');
    expect(JSON.parse(stdout)).toEqual({
      managedMcpServers: { 'com-example_weather': { type: 'http', url: 'https://weather.example/mcp' } },
      deniedMcpServers: [],
    });
    const report = await rollcall('export', 'claude-code-managed-settings', '--registry', 'team', '--report');
    expect(report.stdout).toMatch(/^com\.example\/local +no +- +managedMcpServers supports only remote servers$/m);
  });

  test('writes a file, and detects drift', async () => {
    const file = join(folder, 'managed-settings.json');
    const command = ['export', 'copilot-managed-settings', '--registry', 'team', '--output', file];
    expect((await rollcall(...command)).status).toBe(0);
    expect((await rollcall(...command, '--check')).status).toBe(0);

    await approve('1.1.0');
    const { status, stdout, stderr } = await rollcall(...command, '--check');
    expect(status).toBe(1);
    expect(stdout).toContain('-    { "serverCommand": ["npx", "-y", "@example/local@1.0.0"] },');
    expect(stdout).toContain('+    { "serverCommand": ["npx", "-y", "@example/local@1.1.0"] },');
    expect(stderr).toContain('without --check to update it');
    expect((await rollcall(...command)).status).toBe(0);
    expect((await rollcall(...command, '--check')).status).toBe(0);
  });

  test('lists the choices if asked for something else', async () => {
    const { status, stderr } = await rollcall('export', 'nonsense', '--registry', 'team');
    expect(status).toBe(1);
    expect(stderr).toContain('The exports are: vscode-mcp');
  });
});

describe('policy claude-code', () => {
  const policy = (cache: string, server = api.url, ...more: readonly string[]): Promise<CommandResult> =>
    runRollcall(
      'policy',
      'claude-code',
      '--registry',
      'team',
      '--cache',
      join(folder, cache),
      '--server',
      server,
      ...more,
    );
  const settingsOf = ({ stdout }: CommandResult): Record<string, unknown> =>
    (JSON.parse(stdout) as { managedSettings: Record<string, unknown> }).managedSettings;
  /** Nothing listens there. */
  const NOWHERE = 'http://127.0.0.1:1';

  test('answers with the registry’s policy, and from its cache if nothing has changed', async () => {
    const first = await policy('policy.json');
    expect(settingsOf(first)).toMatchObject({
      managedMcpServers: { 'com-example_weather': { type: 'http', url: 'https://weather.example/mcp' } },
      allowManagedMcpServersOnly: true,
    });
    const cached = await readFile(join(folder, 'policy.json'), 'utf8');
    const second = await policy('policy.json');
    expect([second.status, second.stdout, second.stderr]).toEqual([0, first.stdout, '']);
    expect(await readFile(join(folder, 'policy.json'), 'utf8')).toBe(cached);
  });

  test('answers with the last policy of this registry while it is unavailable', async () => {
    const before = await policy('lost.json');
    const text = (await readFile(join(folder, 'lost.json'), 'utf8')).replace(api.url, NOWHERE);
    await writeFile(join(folder, 'lost.json'), text);
    const { status, stdout, stderr } = await policy('lost.json', NOWHERE);
    expect([status, stdout]).toEqual([0, before.stdout]);
    expect(stderr).toContain('Using the last policy');
  });

  test.each([
    [[], { allowManagedMcpServersOnly: true, allowedMcpServers: [] }],
    [['--mode', 'provide'], { managedMcpServers: {} }],
  ])('without registry and cache allows nothing: %j', async (more, expected) => {
    const answer = await policy('none.json', NOWHERE, ...more);
    expect([answer.status, settingsOf(answer)]).toEqual([0, expected]);
  });

  test.each([
    'not JSON',
    '{"asked": 1}',
    '{"asked": "https://other.example team both", "settings": {"allowedMcpServers": []}}',
  ])('does not use another one’s cache: %s', async (content) => {
    await writeFile(join(folder, 'foreign.json'), content);
    const answer = await policy('foreign.json', NOWHERE);
    expect([answer.status, settingsOf(answer)]).toEqual([
      0,
      { allowManagedMcpServersOnly: true, allowedMcpServers: [] },
    ]);
    expect(settingsOf(await policy('foreign.json'))).toHaveProperty('managedMcpServers');
  });

  test('answers even if the cache can’t be written', async () => {
    const answer = await policy('no/such/folder.json');
    expect([answer.status, Object.keys(settingsOf(answer))]).toEqual([
      0,
      expect.arrayContaining(['managedMcpServers']),
    ]);
    expect(answer.stderr).toContain("can't be cached");
  });

  test('doesn’t wait for a registry that hangs, and accepts no other answer', async () => {
    for (const answer of ['never', 'HTML', '{"allowedMcpServers": "x".repeat', '500'] as const) {
      const server = await startOddServer(answer);
      const result = await policy('odd.json', server.url, '--timeout', '300');
      await server.close();
      expect([answer, result.status, settingsOf(result)]).toEqual([
        answer,
        0,
        { allowManagedMcpServersOnly: true, allowedMcpServers: [] },
      ]);
    }
  });

  test('doesn’t wait for an identity provider that hangs while it renews a login, or for another process that renews it', async () => {
    const provider = await startOddServer('never');
    const login = { issuer: provider.url, clientId: 'cli', accessToken: 'old', refreshToken: 'used' };
    const servers = { [api.url]: { ...login, expiresAt: '2020-01-01T00:00:00Z' } };
    await mkdir(join(folder, 'home', 'rollcall'), { recursive: true });
    await writeFile(join(folder, 'home', 'rollcall', 'credentials.json'), JSON.stringify({ servers }));
    const words = ['policy', 'claude-code', '--cache', join(folder, 'late.json'), '--server', api.url];
    const startedAt = Date.now();
    const started = Array.from({ length: 2 }, () =>
      startRollcall({ XDG_CONFIG_HOME: join(folder, 'home') }, ...words, '--timeout', '300'),
    );
    const answers = await Promise.all(started.map(({ ended }) => ended));
    expect(Date.now() - startedAt).toBeLessThan(12_000);
    for (const answer of answers) {
      expect(settingsOf(answer)).toEqual({ allowManagedMcpServersOnly: true, allowedMcpServers: [] });
      expect(answer.stderr).toContain('there was no answer within 300 ms');
    }
    await provider.close();
  });

  test('can run many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => policy('shared.json')));
    expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
    expect(JSON.parse(await readFile(join(folder, 'shared.json'), 'utf8'))).toHaveProperty('settings');
  });
});

interface OddServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** A server that isn't a registry, or answers like a proxy in front of one. */
async function startOddServer(answer: string): Promise<OddServer> {
  const server: Server = createServer((_request, response) => {
    if (answer === 'never') return;
    response.writeHead(answer === '500' ? 500 : 200, { 'content-type': 'text/html' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('search finds servers, and says if there are none', async () => {
  expect((await rollcall('search', 'weath')).stdout).toMatch(/^com\.example\/weather +1\.0\.0 +An example$/m);
  expect((await rollcall('search', 'weath', '--registry', 'team', '--json')).stdout).toContain('"com.example/weather"');
  expect((await rollcall('search', 'nonsense')).stdout).toBe('No server matches\n');
});

describe('show', () => {
  test('shows a server and how to install it', async () => {
    const { status, stdout } = await rollcall('show', 'com.example/weather', '--registry', 'team');
    expect(status).toBe(0);
    expect(stdout).toContain('com.example/weather 1.0.0\nAn example\n');
    expect(stdout).toContain('claude mcp add --transport http com-example_weather https://weather.example/mcp');
    expect(stdout).toContain('\nInstall in VS Code (vscode)\n');
    expect(stdout).toContain('\nInstall in VS Code (vscode, in the browser)\n');
  });

  test('prints only the command for one client', async () => {
    const { stdout } = await rollcall('show', 'com.example/weather', '--install', 'codex');
    expect(stdout).toBe('codex mcp add com-example_weather --url https://weather.example/mcp\n');
  });

  test('of an unknown server is refused', async () => {
    expect(await rollcall('show', 'weather')).toMatchObject({
      status: 2,
      stderr: 'Pass the name with its namespace, such as com.example/weather\n',
    });
    expect((await rollcall('show', 'a/b/c')).stderr).toContain('such as com.example/c\n');
    expect((await rollcall('show', '')).stderr).toContain('such as com.example/weather\n');
    const { status, stderr } = await rollcall('show', 'com.example/nonsense');
    expect([status, stderr]).toEqual([1, expect.stringContaining('com.example/nonsense')]);
  });
});

describe('doctor', () => {
  test.each(['vscode', 'copilot', 'thv', 'claude-code', 'claude-desktop', 'codex', 'cursor', 'gemini', 'kiro'])(
    'finds no problem for %s with a correct registry',
    async (client) => {
      const { status, stdout } = await rollcall('doctor', '--client', client, '--registry', 'team');
      expect([status, stdout]).toEqual([0, expect.not.stringContaining('PROBLEM')]);
      expect(stdout).toMatch(/^ok /m);
    },
  );

  test('says what a client can’t be given', async () => {
    const { stdout } = await rollcall('doctor', '--client', 'thv', '--registry', 'team');
    expect(stdout).toContain('thv shows 1 of 2');
  });

  test('names the command that prints what an export leaves out', async () => {
    const { stdout } = await rollcall('doctor', '--client', 'gemini', '--registry', 'team');
    const [, command = ''] = /`rollcall (export gemini-admin .*)`/.exec(stdout) ?? [];
    const report = await runRollcall(...command.split(' '));
    expect(report.stdout).toMatch(/^com\.example\/local +no /m);
  });

  test.each(['vscode', 'copilot', 'thv', 'kiro'])('reports a missing registry: %s', async (client) => {
    const { status, stdout } = await rollcall('doctor', '--client', client, '--registry', 'nonsense');
    expect([status, stdout]).toEqual([1, expect.stringContaining('enter the base URL without /v0.1')]);
  });

  test('reports a proxy that answers with HTML, and an unreachable server', async () => {
    const server = await startOddServer('<html>');
    const odd = await runRollcall('doctor', '--client', 'vscode', '--server', server.url);
    await server.close();
    expect([odd.status, odd.stdout]).toEqual([1, expect.stringContaining('accepts only application/json')]);
    const away = await startRollcall({}, 'doctor', '--client', 'copilot', '--server', 'http://127.0.0.1:1').ended;
    expect([away.status, away.stdout]).toEqual([1, expect.stringContaining('did not answer')]);
  });
});
