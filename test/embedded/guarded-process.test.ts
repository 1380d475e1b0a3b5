import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startGuarded } from '../../embedded/guarded-process.ts';
import { endOrphan, readCommandLine } from '../../embedded/orphan.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-guarded-'));
});

afterEach(() => rm(folder, { recursive: true }));

function options(script: string): Parameters<typeof startGuarded>[0] {
  return {
    command: '/bin/sh',
    arguments: ['-c', script],
    environment: { PATH: process.env['PATH'] ?? '' },
    stopSignal: 'TERM',
    logFile: join(folder, 'log'),
    pidFile: join(folder, 'pid'),
  };
}

const isRunning = async (pid: number): Promise<boolean> => (await readCommandLine(pid)) !== '';

test('stopping lets the server end gracefully', async () => {
  const server = await startGuarded(options('trap "echo goodbye; exit" TERM; echo up; while :; do sleep 0.05; done'));
  await expect.poll(() => readFile(join(folder, 'log'), 'utf8')).toContain('up');
  await server.stop();
  expect(await readFile(join(folder, 'log'), 'utf8')).toContain('goodbye');
});

test('a server that doesn’t react is killed', async () => {
  const server = await startGuarded(options('trap "" TERM; echo up; while :; do sleep 0.05; done'));
  await expect.poll(() => readFile(join(folder, 'log'), 'utf8')).toContain('up');
  await server.stop(100);
  await expect.poll(() => isRunning(server.pid)).toBe(false);
});

test('the end of a server says how it ended', async () => {
  const failed = await startGuarded(options('exit 3'));
  expect(await failed.ended).toBe('exit status 3');
  const killed = await startGuarded(options('exec sleep 300'));
  process.kill(killed.pid, 'SIGKILL');
  expect(await killed.ended).toBe('killed by SIGKILL');
});

test('the server ends with the process that started it, even if that was killed', async () => {
  const module = new URL('../../embedded/guarded-process.ts', import.meta.url).href;
  const program = `
    const { startGuarded } = await import(${JSON.stringify(module)});
    const server = await startGuarded(${JSON.stringify(options('exec sleep 300'))});
    console.log(server.pid);
    setInterval(() => undefined, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(await isRunning(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
});

test('a leftover server is ended, and another process with the same id is left alone', async () => {
  const left = spawn('/bin/sh', ['-c', 'exec sleep 300'], { stdio: 'ignore' });
  await once(left, 'spawn');
  await expect.poll(() => readCommandLine(left.pid ?? 0)).toBe('sleep 300');
  const pidFile = join(folder, 'pid');

  await writeFile(pidFile, JSON.stringify({ pid: left.pid, commandLine: 'another program' }));
  await endOrphan(pidFile, 'TERM');
  expect(left.exitCode ?? left.signalCode).toBeNull();

  await writeFile(pidFile, JSON.stringify({ pid: left.pid, commandLine: 'sleep 300' }));
  await endOrphan(pidFile, 'TERM');
  // Node learns of the exit shortly after the process is gone.
  await expect.poll(() => left.signalCode).toBe('SIGTERM');
}, 10_000);
