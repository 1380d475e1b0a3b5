import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeDataFolder } from '../../embedded/data-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-data-folder-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['deleted', async (path: string) => await rm(path, { recursive: true })],
  [
    'replaced',
    async (path: string) => {
      await rename(path, `${path}-old`);
      await mkdir(path);
      await writeFile(join(path, 'lock'), '');
    },
  ],
])('a folder that is %s while in use is noticed', async (what, harm) => {
  const path = join(folder, what);
  const taken = await takeDataFolder(path, { pid: process.pid });
  await harm(path);
  expect((await taken.lost).message).toContain(`The data folder ${path} was deleted or replaced`);
  await taken.release();
});

test('a folder in use differs from one that can’t be used', async () => {
  const taken = await takeDataFolder(folder, { pid: 4711 });
  await expect(takeDataFolder(folder, { pid: process.pid })).rejects.toThrow(/is in use by .* process 4711/);
  await taken.release();

  await writeFile(join(folder, 'file'), '');
  await expect(takeDataFolder(join(folder, 'file', 'data'), { pid: 1 })).rejects.toThrow(
    /The data folder .*data can't be used: ENOTDIR.*Make it writable/,
  );
  await mkdir(join(folder, 'odd', 'lock'), { recursive: true });
  await expect(takeDataFolder(join(folder, 'odd'), { pid: 1 })).rejects.toThrow(/odd can't be used: unable to open/);
});
