import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, QUICK_REFUSAL } from '../../db/connection/database.ts';
import { withClient } from '../../db/connection/plain-client.ts';
import { closeFailedSyncRun, findSyncRun, openSyncRun } from '../../db/syncs/sync-runs.ts';
import { takeDataFolder } from '../../embedded/data-folder.ts';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { openGate } from '../api/gate.ts';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { type CommandResult, runRollcall } from '../cli/rollcall-process.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace, type TestNamespace } from '../temporal-namespace.ts';
import { eventually } from '../eventually.ts';
import { startWorker } from '../workflows/running-worker.ts';

let database: TestDatabase;
let namespace: TestNamespace;
let api: RunningApi;
let folder: string;

beforeAll(async () => {
  [database, namespace, folder] = await Promise.all([
    createTestDatabase(),
    createTestNamespace(),
    mkdtemp(join(tmpdir(), 'rollcall-doctor-')),
  ]);
  await useSources(database.database, ...['broken', 'healthy', 'late', 'resting'].map((name) => source(name)));
  for (const sourceName of ['healthy', 'resting']) {
    await sync(database.database, { sourceName, entries: [draft(`com.example/${sourceName}`, '1.0.0')] });
  }
  await failOnce('broken');
  // As if a sync had been due for ten minutes, while another one of the failing source runs.
  await openRun('broken', 2);
  await withClient(database.ownerSettings, async (client) => {
    await client.query("update source set created_at = now() - interval '10 minutes' where name = 'late'");
    await client.query("update source set paused = true where name = 'resting'");
  });
  api = await startApi(database, { temporal: namespace });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function openRun(sourceName: string, number: number): Promise<string> {
  const run = await openSyncRun(database.database, {
    sourceName,
    number,
    workflowId: `sync/${sourceName}/${number}`,
    trigger: 'timer',
  });
  if (run === null) throw new Error(`There is no source ${sourceName}`);
  return run.id;
}

async function failOnce(sourceName: string): Promise<void> {
  const failure = { outcome: 'failed', type: 'UpstreamDenied', message: 'it rejected the bearer token' } as const;
  await closeFailedSyncRun(database.database, await openRun(sourceName, 1), failure);
}

function ask(command: string, ...parameters: string[]): Promise<CommandResult> {
  return runRollcall(command, '--server', api.url, ...parameters);
}

async function doctor(changes: object = {}, options: readonly string[] = []): Promise<CommandResult> {
  const { host, port, database: name, user, password } = database.settings;
  const file = join(folder, 'rollcall.yaml');
  const configuration = {
    sources: ['broken', 'healthy', 'late', 'resting'].map((sourceName) => ({ name: sourceName, managed: {} })),
    auth: { mode: 'anonymous' },
    database: { host, port, database: name, user, password, sslMode: 'disable' },
    temporal: { address: namespace.address, namespace: namespace.namespace },
    server: { address: `${LOOPBACK}:1` },
    ...changes,
  };
  await writeFile(file, JSON.stringify(configuration)); // JSON is YAML
  return await ask('doctor', '--config', file, ...options);
}

test('status names failing, overdue, and paused sources, and that no worker polls', async () => {
  const { status, stdout } = await ask('status');
  expect(status).toBe(0);
  expect(stdout).toContain(
    'NO WORKER polls rollcall, rollcall-write, rollcall-requested, rollcall-watch: nothing is synced',
  );
  expect(stdout).toMatch(
    /Failing sources:\n {4}broken: failing for \d+ s \(1 failure\), trying again now; UpstreamDenied: it rejected the bearer token\n/,
  );
  expect(stdout).toMatch(/Overdue sources:\n {4}late: next attempt was due 10 min ago\n/);
  expect(stdout).toMatch(/Paused sources:\n {4}resting: /);
});

test('status says when a failing source was due whose sync was abandoned', async () => {
  const start = async (ago: string): Promise<void> => {
    await withClient(database.ownerSettings, async (client) => {
      await client.query("update sync_run set started_at = now() - $1::interval where workflow_id = 'sync/broken/2'", [
        ago,
      ]);
    });
  };
  await start('2 h 15 min');
  try {
    expect((await ask('status')).stdout).toMatch(
      / {4}broken: failing for .*, next attempt was due 2 h ago; UpstreamDenied: /,
    );
  } finally {
    await start('0 s');
  }
});

test('sources shows the state and the next attempt of each', async () => {
  const { stdout } = await ask('sources');
  expect(stdout).toMatch(/^broken .* failing for .* running +now$/m);
  expect(stdout).toMatch(/^healthy +file +1 +idle .* in \d+ (s|min)$/m);
  expect(stdout).toMatch(/^late .* overdue .* was due 10 min ago$/m);
  expect(stdout).toMatch(/^resting .* paused .* -$/m);
});

test('runs says that a source was never synced', async () => {
  expect(await ask('runs', 'late')).toMatchObject({ status: 0, stdout: 'late has never been synced\n' });
});

test('sources dates a failure to the sync that failed, while the next one runs', async () => {
  interface Listed {
    readonly name: string;
    readonly lastRun: { readonly number: number; readonly endedAt: string | null } | null;
    readonly state: { readonly failure: object | null };
  }
  const { stdout } = await ask('sources', '--json');
  const broken = (JSON.parse(stdout) as readonly Listed[]).find(({ name }) => name === 'broken');
  expect(broken?.lastRun).toMatchObject({ number: 2, endedAt: null });
  const failed = await findSyncRun(database.database, { sourceName: 'broken', number: 1 });
  const at = new Date(failed?.endedAt ?? '').toISOString();
  expect(broken?.state.failure).toMatchObject({ type: 'UpstreamDenied', at });
});

test('metrics show that no worker polls, although Temporal answers', async () => {
  const series = async (): Promise<string[]> => {
    const text = await (await fetch(`${api.internalUrl}/metrics`)).text();
    return text.split('\n').filter((line) => /^rollcall_(?:task_queue_workers|temporal_available)/.test(line));
  };
  await expect
    .poll(series, { timeout: 15_000 })
    .toEqual([
      expect.stringMatching(/^rollcall_temporal_available(?:\{\})? 1\b/),
      ...['rollcall', 'rollcall-write', 'rollcall-requested', 'rollcall-watch'].map((queue) =>
        expect.stringMatching(new RegExp(`^rollcall_task_queue_workers\\{task_queue="${queue}"\\} 0\\b`)),
      ),
    ]);
});

describe('doctor', () => {
  test('finds what is wrong, and says what to do next', async () => {
    const { status, stdout } = await doctor();
    expect(status).toBe(1);
    for (const expected of [
      /^Configuration\nok +\S+rollcall.yaml is valid: 4 sources, 0 registries, auth.mode anonymous\n/,
      /\nDatabase\nok +PostgreSQL \d+\S* at \S+ accepts user \w+\nok +The schema is up to date: \d+ migrations\nok +The clock agrees/,
      /\nTemporal and workers\nok +Temporal [\d.]+ at \S+ has the namespace test-\w+\nPROBLEM No worker polls rollcall, .*\n +to fix it: start `rollcall worker`/,
      /\nAPI\nok +The API at http\S+ is ready\n/,
      /\nPROBLEM Source "broken": failing for .*: UpstreamDenied: it rejected the bearer token\n +to fix it: .*rollcall sync broken --wait/,
      /\nPROBLEM Source "late" is overdue: its next check was due 10 min ago\n/,
      /\nwarning Source "resting" is paused\n +to fix it: resume it with `rollcall resume resting`/,
      /\nOutbound access\nok +No source or identity provider has a URL to check\n/,
      /\nDisk\n\S+ +\/tmp has [\d.]+ GiB free/,
      /\nVersions\nok +Rollcall \d+\.\d+\.\d+ .*\nok +Node.js \d+/,
      /\n3 problems, \d warnings?\n$/,
    ]) {
      expect(stdout.replaceAll(/ +$/gm, '')).toMatch(expected);
    }
  });

  test('counts sources', async () => {
    const fresh = await createTestDatabase();
    const other = await startApi(fresh);
    try {
      await useSources(other.database, source('only'));
      await sync(other.database, { sourceName: 'only', entries: [draft('com.example/only', '1.0.0')] });
      expect((await doctor({}, ['--server', other.url])).stdout).toMatch(/\nSources\nok +1 source is synced\n/);
      const paused = Array.from({ length: 11 }, (_, index) => source(`paused-${index}`));
      await useSources(other.database, ...paused);
      await withClient(fresh.ownerSettings, (client) => client.query('update source set paused = true'));
      expect((await doctor({}, ['--server', other.url])).stdout).toMatch(/\nwarning 1 more source needs attention\n/);
    } finally {
      await other.stop();
      await fresh.drop();
    }
  });

  test('finds a running worker', async () => {
    const worker = await startWorker(database);
    try {
      namespace = worker.namespace;
      const { stdout } = await doctor();
      expect(stdout).toMatch(/\nok +1 worker polls for tasks\n/);
    } finally {
      await worker.stop();
    }
  });

  test.each<[string, object, RegExp]>([
    [
      'a wrong password',
      { database: { passwordFile: 'password' } },
      /rejected the password of user \w+ from the file \S+\/password \(`database\.passwordFile`\)/,
    ],
    [
      'a wrong port',
      { database: { port: 1 } },
      /nothing listens at \S+:1: start PostgreSQL, or correct `database.host`/,
    ],
    ['a missing database', { database: { database: 'nowhere' } }, /has no database "nowhere": create it, or correct/],
    [
      'a missing namespace',
      { temporal: { namespace: 'nowhere' } },
      /Temporal at \S+ has no namespace "nowhere": correct `temporal\.namespace`, or create it with `temporal operator/,
    ],
    [
      'Temporal that is not there',
      { temporal: { address: `${LOOPBACK}:1` } },
      /Temporal at 127.0.0.1:1 doesn't answer: start it, or correct `temporal.address`/,
    ],
  ])('names the setting to change for %s', { timeout: 60_000 }, async (_, changes, expected) => {
    await writeFile(join(folder, 'password'), 'wrong');
    const { host, port, database: name, user } = database.settings;
    const { database: changedDatabase, temporal } = changes as { database?: object; temporal?: object };
    const usual = { host, port, database: name, user, sslMode: 'disable' };
    const { status, stdout } = await doctor({
      database: { ...usual, password: database.settings.password, ...changedDatabase, ...passwordOf(changedDatabase) },
      temporal: { address: namespace.address, ...temporal },
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(expected);
  });

  test('names an embedded PostgreSQL that hangs, although the API still serves cached pages', async () => {
    const gate = await openGate(database.settings.host, database.settings.port);
    const settings = { ...database.settings, host: LOOPBACK, port: gate.port };
    const behindGate = { ...database, settings, database: await openDatabase(settings, QUICK_REFUSAL) };
    const cut = await startApi(behindGate, { temporal: namespace });
    const serve = await takeDataFolder(folder, { pid: process.pid, temporal: namespace });
    try {
      const server = { address: `${LOOPBACK}:1`, internalAddress: new URL(cut.internalUrl).host };
      const check = () => doctor({ database: undefined, server }, ['--data-dir', folder]);
      expect((await check()).stdout).toMatch(/\nDatabase\nok +`rollcall serve` \(process \d+\) runs PostgreSQL on /);
      gate.freeze();
      await eventually(async () => {
        const { checks } = (await (await fetch(`${cut.internalUrl}/readiness`)).json()) as {
          readonly checks: { readonly database: string };
        };
        return checks.database !== 'available';
      }, 'the API notices');
      expect((await check()).stdout).toMatch(
        /\nDatabase\nPROBLEM The PostgreSQL on \S+ is unavailable: only cached pages are served\n +to fix it: see the end of \S+postgres\.log/,
      );
    } finally {
      gate.thaw();
      await serve.release();
      await cut.stop();
      await behindGate.database.close();
      await gate.close();
    }
  });

  test('notices that the process which used the data folder was killed', async () => {
    await (await takeDataFolder(folder, { pid: process.pid })).release();
    // Its id belongs to another process now.
    const note = { pid: process.pid, temporal: { address: `${LOOPBACK}:1`, namespace: 'default' } };
    await writeFile(join(folder, 'running.json'), JSON.stringify(note));
    const server = { address: `${LOOPBACK}:1`, internalAddress: `${LOOPBACK}:1` };
    const { stdout } = await doctor({ database: undefined, temporal: {}, server }, ['--data-dir', folder]);
    for (const section of ['Database', 'Temporal and workers']) {
      expect(stdout).toMatch(
        new RegExp(
          `\\n${section}\\nPROBLEM \`rollcall serve\` isn't running on \\S+\\n +to fix it: start it with .*--data-dir`,
        ),
      );
    }
  });

  test('reports every fault of a configuration, and checks nothing else', async () => {
    const { status, stdout } = await doctor({ databse: {}, auth: { mode: 'anonymus' } });
    expect(status).toBe(1);
    expect(stdout).toMatch(/databse: unknown key; did you mean/);
    expect(stdout).toMatch(/2 problems, 0 warnings\n$/);
    expect(stdout).not.toContain('Database');
  });

  test('names hosts that this machine cannot reach, with the sources that need them', async () => {
    const port = await findFreePort();
    const endpoint = `http://${LOOPBACK}:${port}`;
    const { stdout } = await doctor({
      sources: [{ name: 'partner', api: { endpoint }, syncPolicy: { interval: '1h' } }],
    });
    expect(stdout).toMatch(
      new RegExp(
        `PROBLEM 127.0.0.1:${port} can't be reached for source "partner": connect ECONNREFUSED.*\\n +to fix it: check DNS`,
      ),
    );
  });
});

/** Only one of the two may be set. */
function passwordOf(changes: object | undefined): object {
  return changes !== undefined && 'passwordFile' in changes ? { password: undefined } : {};
}
