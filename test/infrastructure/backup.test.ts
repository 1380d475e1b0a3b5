/** Backup and restore with PostgreSQL's own programs, as docs/operations.md describes them. The tests build on each other. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningCommand } from '../cli/rollcall-process.ts';
import { type OwnPostgres, startOwnPostgres } from '../db/own-postgres.ts';
import { createTestNamespace, type TestNamespace } from '../temporal-namespace.ts';
import { createInstallation, databaseSection, type Installation } from './installation.ts';
import { findPostgresPrograms } from './postgres-programs.ts';
import { whySkipped } from './programs.ts';

const programs = await findPostgresPrograms();
const CATALOG = JSON.stringify([{ name: 'com.example/maps', description: 'Maps', version: '1.0.0' }]);

describe.skipIf('missing' in programs)(
  `a database that is backed up${whySkipped(programs)}`,
  { timeout: 90_000 },
  () => {
    let postgres: OwnPostgres;
    let installation: Installation;
    let temporal: TestNamespace;
    let folder: string;
    let running: RunningCommand[] = [];

    beforeAll(async () => {
      [postgres, installation, temporal, folder] = await Promise.all([
        startOwnPostgres(),
        createInstallation(),
        createTestNamespace(),
        mkdtemp(join(tmpdir(), 'rollcall-backup-')),
      ]);
      await start();
    });
    afterAll(async () => {
      await installation?.remove();
      await postgres?.remove();
      await rm(folder, { recursive: true, force: true });
    });

    async function start(): Promise<void> {
      const configuration = {
        sources: [
          { name: 'own', managed: {} },
          { name: 'catalog', file: { data: CATALOG } },
        ],
        database: databaseSection(postgres.settings),
        temporal,
      };
      const worker = await installation.start(['worker'], configuration);
      await worker.printed(/The worker takes tasks/);
      const api = await installation.start(['api'], configuration);
      await api.printed(/The API listens/);
      running = [worker, api];
    }

    async function stop(): Promise<void> {
      for (const command of running) command.stop();
      for (const command of running) expect((await command.ended).status).toBe(0);
    }

    async function program(name: string, ...parameters: readonly string[]): Promise<void> {
      if ('missing' in programs) throw new Error(programs.missing);
      const { host, port } = postgres.settings;
      await promisify(execFile)(join(programs.path, name), ['--host', host, '--port', String(port), ...parameters], {
        env: { PGUSER: postgres.ownerSettings.user, PGPASSWORD: postgres.ownerSettings.password },
      });
    }

    async function publish(version: string): Promise<void> {
      const response = await fetch(`${installation.url}/v0.1/publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `release-${version}` },
        body: JSON.stringify({ name: 'com.example/weather', description: 'Forecasts', version }),
      });
      expect({ status: response.status, text: await response.text() }).toMatchObject({ status: 200 });
    }

    async function served(): Promise<string[]> {
      const response = await fetch(`${installation.url}/v0.1/servers`);
      const { servers } = (await response.json()) as { servers: { server: { name: string; version: string } }[] };
      return servers.map(({ server }) => `${server.name} ${server.version}`);
    }

    async function sync(): Promise<string> {
      const { stdout, stderr } = await installation.runClient('sync', 'catalog', '--wait');
      return stdout + stderr;
    }

    test('can be restored while Temporal is ahead of it', async () => {
      await publish('1.0.0');
      await expect.poll(served, { timeout: 15_000 }).toEqual(['com.example/maps 1.0.0', 'com.example/weather 1.0.0']);
      const { database } = postgres.settings;
      const dump = join(folder, 'rollcall.dump');
      await program('pg_dump', '--format=custom', '--file', dump, database);
      await publish('2.0.0');
      expect(await sync()).toContain('unchanged');

      await stop();
      await program('dropdb', database);
      await program('createdb', database);
      await program('pg_restore', '--exit-on-error', '--dbname', database, dump);
      await start();

      expect(await served()).toEqual(['com.example/maps 1.0.0', 'com.example/weather 1.0.0']);
      await publish('2.0.0');
      expect(await served()).toContain('com.example/weather 2.0.0');
      expect(await sync()).toMatch(/changed/);
    });

    test('is enough when Temporal has lost its data', async () => {
      await stop();
      temporal = await createTestNamespace();
      await start();
      expect(await served()).toHaveLength(3);
      await publish('3.0.0');
      expect(await served()).toContain('com.example/weather 3.0.0');
      expect(await sync()).toMatch(/changed/);
    });
  },
);
