/** One installation, started like a user starts it, survives all kinds of failures. The tests build on each other. */
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { childProcesses, commandLine } from '../../bench/system/processes.ts';
import { runRollcall } from './rollcall-process.ts';
import {
  createInstallation,
  type Installation,
  pressControlC,
  type ServeProcess,
  startServe,
} from './serve-process.ts';

const LARGE = 30_000;
const PLANTED_SECRET = 'correct-horse-battery-staple';
const MORE_SOURCES = `
  - name: large
    file:
      path: large.json
  - name: broken
    file:
      path: missing.json
`;

let installation: Installation;
let serve: ServeProcess;

beforeAll(async () => {
  process.env['ROLLCALL_TEST_SECRET'] = PLANTED_SECRET;
  installation = await createInstallation(MORE_SOURCES);
  await writeLargeFile(1);
  serve = await startServe(installation);
});

afterAll(async () => {
  serve?.process.kill('SIGINT'); // Absent if the start failed.
  await serve?.exited;
  await installation.remove();
});

describe('serve', () => {
  test('says where everything is', () => {
    expect(serve.output()).toContain(`${installation.url}/v0.1/servers`);
    expect(serve.output()).toContain('anyone can do everything (auth.mode: anonymous)');
    expect(serve.output()).toContain('/namespaces/default/workflows');
    expect(serve.output()).toContain(installation.dataFolder);
    expect(serve.output()).toContain('Ctrl-C');
  });

  test.runIf(process.platform === 'linux')('keeps its environment from the servers that it starts', async () => {
    for (const file of ['postgres.pid', 'temporal/temporal.pid']) {
      const environment = await readFile(`/proc/${await pidIn(file)}/environ`, 'utf8');
      expect([file, environment.includes(PLANTED_SECRET)]).toEqual([file, false]);
    }
    const own = await readFile(`/proc/${serve.process.pid}/environ`, 'utf8');
    expect(own).toContain(PLANTED_SECRET);
  });

  test('serves the sources of the example', async () => {
    await expect.poll(() => servedNames(), { timeout: 30_000 }).toHaveLength(19 + 1);
    expect(await servedNames()).toContain('com.example.teams/release-notes');
  });

  test('publishes a server and finds it', async () => {
    const published = await installation.ask('publish', join(installation.folder, 'server.json'));
    expect(published).toMatchObject({ status: 0, stdout: 'Published com.example.you/hello 1.0.0\n' });
    expect(await servedNames()).toContain('com.example.you/hello');
    const again = await installation.ask('publish', join(installation.folder, 'server.json'));
    expect(again.status).toBe(0);
    const file = join(installation.folder, 'other-server.json');
    const other = await readFile(join(installation.folder, 'server.json'), 'utf8');
    await writeFile(file, other.replace('Says hello', 'Says goodbye'));
    const conflict = await installation.ask('publish', file);
    expect(conflict.status).toBe(1);
    expect(conflict.stderr).toContain('exists');
    expect(conflict.stderr).not.toMatch(/\n\s+at /);
  });

  test('answers a write with 503 and its key while the worker is frozen, and makes it once', async () => {
    const worker = await processOf('worker');
    const document = { ...(await helloDocument()), version: '2.0.0' };
    const publish = (headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${installation.url}/v0.1/publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(document),
        signal: AbortSignal.timeout(25_000),
      });
    let answer: Response;
    process.kill(worker, 'SIGSTOP');
    try {
      answer = await publish();
    } finally {
      process.kill(worker, 'SIGCONT');
    }
    const key = answer.headers.get('idempotency-key') ?? '';
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(((await answer.json()) as { error: string }).error).toContain(`Idempotency-Key: ${key}`);

    await expect.poll(async () => (await publish({ 'idempotency-key': key })).status, { timeout: 30_000 }).toBe(200);
    expect((await publish()).status).toBe(200);
    const versions = await fetch(`${installation.url}/v0.1/servers/com.example.you%2Fhello/versions`);
    const { metadata } = (await versions.json()) as { metadata: { count: number } };
    expect(metadata.count).toBe(2);
  }, 90_000);

  test('syncs on request and shows the result', async () => {
    const unchanged = await installation.ask('sync', 'team-tools', '--wait');
    expect(unchanged.status).toBe(0);
    expect(unchanged.stdout).toMatch(/^Sync \d+ of team-tools: unchanged/);
    const failed = await installation.ask('sync', 'broken', '--wait');
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(/UpstreamNotFound: .*missing\.json/);
  });

  test('serves an edited file automatically', async () => {
    const file = join(installation.folder, 'team-tools.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll('com.example.teams/glossary', 'com.example.teams/dictionary'));
    await expect.poll(() => servedNames(), { timeout: 10_000 }).toContain('com.example.teams/dictionary');
    expect(await servedNames()).not.toContain('com.example.teams/glossary');
  });

  test('is the server of `rollcall temporal`', async () => {
    const { dataFolder } = installation;
    const listed = await runRollcall('temporal', '--data-dir', dataFolder, 'workflow', 'list');
    expect(listed).toMatchObject({ status: 0, stdout: expect.stringContaining('source/team-tools') });
  });

  test('is the only one that can use its data folder and its ports', async () => {
    const { configuration, dataFolder, folder, portOptions } = installation;
    const sameFolder = await runRollcall('serve', '--config', configuration, '--data-dir', dataFolder);
    expect(sameFolder.status).toBe(1);
    expect(sameFolder.stderr).toMatch(/data folder .* is in use by the rollcall process \d+.*--data-dir/);

    const samePorts = await runRollcall(
      'serve',
      '--config',
      configuration,
      `--data-dir=${folder}/other`,
      ...portOptions,
    );
    expect(samePorts.status).toBe(1);
    for (const option of [
      '--address',
      '--internal-address',
      '--worker-internal-address',
      '--temporal-port',
      '--ui-port',
    ]) {
      expect(samePorts.stderr).toMatch(new RegExp(`Port \\d+ for .* is in use: .*${option}`));
    }
  });

  test('recovers when PostgreSQL is killed', async () => {
    process.kill(await pidIn('postgres.pid'), 'SIGKILL');
    await expect.poll(() => serve.output(), { timeout: 10_000 }).toContain('PostgreSQL runs again');
    await expect.poll(() => servedNames().catch(() => []), { timeout: 10_000 }).toContain('com.example.you/hello');
    expect(await installation.ask('sync', 'team-tools', '--wait')).toMatchObject({ status: 0 });
  });

  test('recovers when Temporal is killed, and serves reads meanwhile', async () => {
    process.kill(await pidIn('temporal/temporal.pid'), 'SIGKILL');
    expect(await servedNames()).toContain('com.example.you/hello');
    await expect
      .poll(async () => (await installation.ask('sync', 'team-tools', '--wait')).status, { timeout: 20_000 })
      .toBe(0);
  });

  test('killed during a sync, leaves nothing running and shows no partial sync', async () => {
    await expect.poll(() => entriesOf('large'), { timeout: 20_000 }).toBe(1);
    await writeLargeFile(LARGE);
    await expect.poll(() => lastOutcomeOf('large'), { timeout: 20_000, interval: 20 }).toBeNull();
    serve.process.kill('SIGKILL');
    await serve.exited;

    serve = await startServe(installation);
    const seen = new Set<number>();
    await expect.poll(async () => seen.add(await entriesOf('large')), { timeout: 90_000 }).toContain(LARGE);
    expect([...seen].filter((count) => count !== 1 && count !== LARGE)).toEqual([]);
    expect(await servedNames('search=hello')).toEqual(['com.example.you/hello']);
  }, 180_000);

  test('stops within ten seconds after Ctrl-C, with everything that it started', async () => {
    const startedAt = Date.now();
    pressControlC(serve);
    expect(await serve.exited).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    const ports = installation.portOptions.map((option) => Number(/\d+$/.exec(option)?.[0]));
    expect(await Promise.all(ports.map((port) => answers(port)))).toEqual(ports.map(() => false));
  });

  test('stops during its start, says so at once, and starts nothing more', async () => {
    serve = await startServe(installation, 'Starting PostgreSQL');
    pressControlC(serve);
    expect(await serve.exited).toBe(0);
    await expect.poll(serve.output).toMatch(/Stopping\n[^]*Stopped\n$/); // the last lines can arrive after the exit
    expect(serve.output()).not.toContain('Starting the API');
  });

  test('stops while a program creates its database, which Ctrl-C also ends', async () => {
    await rm(installation.dataFolder, { recursive: true });
    serve = await startServe(installation, 'Starting PostgreSQL');
    await expect.poll(() => existsSync(join(installation.dataFolder, 'postgres.new')), { interval: 5 }).toBe(true);
    pressControlC(serve);
    expect(await serve.exited).toBe(0);
    await expect.poll(serve.output).toMatch(/Stopping\n[^]*Stopped\n$/);
    expect(serve.output()).not.toContain('could not be set up');
  });
});

async function helloDocument(): Promise<object> {
  return JSON.parse(await readFile(join(installation.folder, 'server.json'), 'utf8')) as object;
}

async function servedNames(query = 'limit=100'): Promise<string[]> {
  const response = await fetch(`${installation.url}/v0.1/servers?version=latest&${query}`);
  const { servers } = (await response.json()) as { servers: { server: { name: string } }[] };
  return servers.map(({ server }) => server.name);
}

interface SourceState {
  readonly name: string;
  readonly entryCount: number;
  readonly lastRun: { readonly outcome: string | null } | null;
}

/** Without a process of the command line, which would take the time of the sync that is watched. */
async function stateOf(source: string): Promise<SourceState | undefined> {
  const response = await fetch(`${installation.url}/trpc/sources.list`);
  const { result } = (await response.json()) as { result: { data: readonly SourceState[] } };
  return result.data.find(({ name }) => name === source);
}

async function entriesOf(source: string): Promise<number> {
  return (await stateOf(source))?.entryCount ?? -1;
}

async function lastOutcomeOf(source: string): Promise<string | null | undefined> {
  return (await stateOf(source))?.lastRun?.outcome;
}

async function writeLargeFile(count: number): Promise<void> {
  const servers = Array.from({ length: count }, (_, index) => ({
    name: `com.example.large/server-${index}`,
    description: `Server ${index} of many, ${'with a long description '.repeat(8)}`,
    version: '1.0.0',
    remotes: [{ type: 'streamable-http', url: `https://server-${index}.example.com/mcp` }],
  }));
  await writeFile(join(installation.folder, 'large.json'), JSON.stringify(servers));
}

/** The process id of the api or of the worker. */
async function processOf(role: string): Promise<number> {
  for (const id of await childProcesses(serve.process.pid ?? 0)) {
    if ((await commandLine(id)).at(-1) === role) return id;
  }
  throw new Error(`serve has no process "${role}"`);
}

async function pidIn(file: string): Promise<number> {
  const { pid } = JSON.parse(await readFile(join(installation.dataFolder, file), 'utf8')) as { pid: number };
  return pid;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
}
