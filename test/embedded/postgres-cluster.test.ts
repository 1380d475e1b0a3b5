import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { childProcesses } from '../../bench/system/processes.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { preparePostgresHost } from '../../embedded/postgres-host.ts';
import { Unrecoverable } from '../../embedded/keep-running.ts';

let dataDirectory: string;
let running: EmbeddedPostgres | undefined;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'rollcall-cluster-'));
});

afterEach(async () => {
  await stop();
  await rm(dataDirectory, { recursive: true, force: true });
});

async function start(create = true): Promise<EmbeddedPostgres> {
  running = await startEmbeddedPostgres({ dataDirectory, disposable: true, create });
  return running;
}

async function stop(): Promise<void> {
  await running?.process.stop();
  running = undefined;
}

async function query<Row extends pg.QueryResultRow>(postgres: EmbeddedPostgres, statement: string): Promise<Row[]> {
  const { host, port, user, password, database } = postgres.ownerSettings;
  const client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

const clusterDirectory = async (): Promise<string> => (await preparePostgresHost(dataDirectory)).clusterDirectory;

describe('the embedded PostgreSQL', () => {
  test.runIf(process.platform === 'linux')('sees none of our environment variables except the time zone', async () => {
    process.env['PLANTED_SECRET'] = 'correct horse';
    try {
      const postgres = await start();
      const processes = [postgres.process.pid, ...(await childProcesses(postgres.process.pid))];
      expect(processes.length).toBeGreaterThan(3);
      for (const id of processes) {
        const names = (await readFile(`/proc/${id}/environ`, 'utf8'))
          .split('\0')
          .map((variable) => variable.split('=')[0])
          .filter((name) => name !== '');
        expect(['LC_ALL', 'TZ', 'PWD', 'OLDPWD', '_']).toEqual(expect.arrayContaining(names));
      }
    } finally {
      delete process.env['PLANTED_SECRET'];
    }
  });

  test.each([
    ['are lost', (file: string) => rm(file)],
    ['are damaged', (file: string) => writeFile(file, '{"owner": "x')],
  ])('keeps its data if its passwords %s, and gets new ones', async (_, damage) => {
    await query(await start(), 'create table kept as select 1 as value');
    await stop();
    const file = join(dataDirectory, 'postgres-passwords.json');
    const before = await readFile(file, 'utf8');
    await damage(file);
    expect(await query(await start(), 'select value from kept')).toEqual([{ value: 1 }]);
    expect(await readFile(file, 'utf8')).not.toBe(before);
  });

  test('says which files are missing, and replaces none', async () => {
    await start();
    await stop();
    const directory = await clusterDirectory();
    await rm(directory, { recursive: true });
    await expect(start()).rejects.toThrow(Unrecoverable);
    await expect(start()).rejects.toThrow(
      new RegExp(`there is no database in ${directory}\\. Restore .* delete .*postgres-passwords\\.json`),
    );
    expect(await readdir(dataDirectory)).not.toContain('postgres');
  });

  test('is not created again where it has run before', async () => {
    await expect(start(false)).rejects.toThrow(/there is no database in/);
  });

  test('refuses the files of another version, and names that version', async () => {
    await start();
    await stop();
    await writeFile(join(await clusterDirectory(), 'PG_VERSION'), '16\n');
    await expect(start()).rejects.toThrow(/created by PostgreSQL 16, but this Rollcall comes with 18/);
  });

  test('starts although another program has the process id in its lock file', async () => {
    await start();
    await stop();
    await writeFile(join(await clusterDirectory(), 'postmaster.pid'), `${process.pid}\n`);
    expect(await query(await start(), 'select 1 as value')).toEqual([{ value: 1 }]);
  });

  test('is created from the start after an interrupted creation', async () => {
    const unfinished = `${await clusterDirectory()}.new`;
    await mkdir(join(unfinished, 'base'), { recursive: true });
    await writeFile(join(unfinished, 'PG_VERSION'), '18\n');
    expect(await query(await start(), 'select 1 as value')).toEqual([{ value: 1 }]);
  });

  test.runIf(isRoot())('keeps its files in a data folder that its user can’t enter, and none outside', async () => {
    const closed = dataDirectory; // of mode 700, as `mkdtemp` creates it
    dataDirectory = join(closed, 'data');
    await query(await start(), 'create table kept as select 1 as value');
    await stop();
    expect(await readdir(dataDirectory)).toContain('postgres');
    const copy = join(closed, 'copy');
    await rename(dataDirectory, copy);
    await expect(query(await start(), 'select value from kept')).rejects.toThrow('does not exist');
    await stop();
    dataDirectory = copy;
    expect(await query(await start(), 'select value from kept')).toEqual([{ value: 1 }]);
    await stop();
    dataDirectory = closed;
  });

  test.runIf(isRoot())('brings back the files that version 0.1.0 kept outside its data folder', async () => {
    const closed = dataDirectory;
    dataDirectory = join(closed, 'data');
    await query(await start(), 'create table kept as select 1 as value');
    await stop();
    const outside = `/var/lib/rollcall/data-${hash('sha256', dataDirectory).slice(0, 12)}`;
    await mkdir(outside, { recursive: true });
    try {
      await rename(join(dataDirectory, 'postgres'), join(outside, 'postgres'));
      expect(await query(await start(), 'select value from kept')).toEqual([{ value: 1 }]);
    } finally {
      await rm(outside, { recursive: true });
      dataDirectory = closed;
    }
  });

  test.runIf(canMount())('says that the disk is full, and starts when there is space', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=711', 'tmpfs', dataDirectory]);
    try {
      await expect(start()).rejects.toThrow(/could not be set up:\n[^]*No space left on device/);
      execFileSync('mount', ['-o', 'remount,size=300m', dataDirectory]);
      expect(await query(await start(), 'select 1 as value')).toEqual([{ value: 1 }]);
    } finally {
      await stop();
      execFileSync('umount', ['-l', dataDirectory]);
    }
  });
});

function isRoot(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** Requires root on a machine that allows it. */
function canMount(): boolean {
  if (!isRoot()) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
