import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LineFile } from '../../../api/audit/line-file.ts';
import { eventually } from '../../eventually.ts';

let folder: string;
let path: string;
let logged: string[];
let file: LineFile;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-lines-'));
  path = join(folder, 'audit.log');
  logged = [];
  file = await LineFile.open(path, logger());
});
afterEach(async () => {
  await file.close();
  await rm(folder, { recursive: true });
});

function logger(): pino.Logger {
  return pino({}, { write: (line) => logged.push(line) });
}

const expectContent = (name: string, content: string): Promise<void> =>
  eventually(
    async () => (await readFile(join(folder, name), 'utf8').catch(() => '')) === content,
    `${name} has "${content}"`,
  );

test('lines are appended in order, and only the owner can read the file', async () => {
  for (let line = 0; line < 1_000; line++) file.write(`${line}\n`);
  await file.close();
  file = await LineFile.open(path, logger());
  file.write('last\n');
  const expected = `${Array.from({ length: 1_000 }, (_, line) => `${line}\n`).join('')}last\n`;
  await expectContent('audit.log', expected);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

describe('rotation', () => {
  beforeEach(async () => {
    file.write('before\n');
    await expectContent('audit.log', 'before\n');
  });

  test('by a new name: later lines go to a new file', async () => {
    await rename(path, join(folder, 'audit.log.1'));
    file.write('after\n');
    await expectContent('audit.log', 'after\n');
    await expectContent('audit.log.1', 'before\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('by a new name, with a new file in its place', async () => {
    await rename(path, join(folder, 'audit.log.1'));
    await writeFile(path, '');
    file.write('after\n');
    await expectContent('audit.log', 'after\n');
  });

  test('by a copy, after which the file is truncated', async () => {
    await truncate(path);
    file.write('after\n');
    await expectContent('audit.log', 'after\n');
  });
});

test('a failed write is reported once, and its lines are kept until they can be written', async () => {
  await rename(folder, `${folder}-away`);
  file.write('one\n');
  file.write('two\n');
  await eventually(async () => logged.length > 0, 'it was logged');
  file.write('three\n');
  await rename(`${folder}-away`, folder);
  await expectContent('audit.log', 'one\ntwo\nthree\n');
  expect(logged.filter((line) => line.includes('cannot be written'))).toHaveLength(1);
});

test.skipIf(process.platform !== 'linux')('a full disk is reported and doesn’t stop requests', async () => {
  await symlink('/dev/full', join(folder, 'full.log'));
  const full = await LineFile.open(join(folder, 'full.log'), logger());
  full.write('one\n');
  await eventually(async () => logged.length > 0, 'it was logged');
  expect(logged[0]).toContain('ENOSPC');
  await full.close();
  expect(logged.at(-1)).toContain('audit lines were lost');
});

test('lines that exceed the buffer are counted', async () => {
  await rename(folder, `${folder}-away`);
  const line = `${'x'.repeat(1024 * 1024 - 1)}\n`;
  for (let index = 0; index < 12; index++) file.write(line);
  await rename(`${folder}-away`, folder);
  await eventually(async () => logged.some((entry) => entry.includes('"lines":4')), 'four lines are told to be lost');
  expect((await stat(path)).size).toBe(8 * 1024 * 1024);
});

test('a file that can’t be opened is an error at the start', async () => {
  await mkdir(join(folder, 'folder'));
  await expect(LineFile.open(join(folder, 'folder'), logger())).rejects.toThrow(
    /The audit log .*folder cannot be written: EISDIR/,
  );
  await expect(LineFile.open(join(folder, 'none', 'audit.log'), logger())).rejects.toThrow('ENOENT');
});
