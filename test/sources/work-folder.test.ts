import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inWorkFolder } from '../../sources/work-folder.ts';

test('a folder is removed afterwards, also after an error', async () => {
  let used = '';
  const failing = inWorkFolder(async (folder) => {
    used = folder;
    await writeFile(join(folder, 'file'), 'x');
    throw new Error('failed');
  });
  await expect(failing).rejects.toThrow('failed');
  expect(used).not.toBe('');
  expect(existsSync(used)).toBe(false);
});

test('folders that a killed worker left behind are removed, those of other workers are kept', async () => {
  // A process that has ended.
  const gone = Number(execFileSync('sh', ['-c', 'echo $$']).toString());
  const hours = (count: number): Date => new Date(Date.now() - count * 60 * 60_000);
  const folders = [
    { folder: join(tmpdir(), `rollcall-fetch-${gone}-abandoned`), changed: hours(2), removed: true },
    { folder: join(tmpdir(), `rollcall-fetch-${gone}-young`), changed: hours(0), removed: false },
    { folder: join(tmpdir(), `rollcall-fetch-${process.pid}-busy`), changed: hours(2), removed: false },
    { folder: join(tmpdir(), `rollcall-fetch-${process.pid}-ancient`), changed: hours(30), removed: true },
  ];
  for (const { folder, changed } of folders) {
    await mkdir(folder);
    await utimes(folder, changed, changed);
  }
  await inWorkFolder(async () => {});
  expect(folders.map(({ folder }) => !existsSync(folder))).toEqual(folders.map(({ removed }) => removed));
  await Promise.all(folders.map(async ({ folder }) => await utimes(folder, hours(30), hours(30)).catch(() => {})));
  await inWorkFolder(async () => {});
  expect(folders.some(({ folder }) => existsSync(folder))).toBe(false);
});

test('a folder of another worker that can’t be removed doesn’t fail the work', async () => {
  const gone = Number(execFileSync('sh', ['-c', 'echo $$']).toString());
  const folder = join(tmpdir(), `rollcall-fetch-${gone}-stuck`);
  await mkdir(folder);
  // Paths of more than 4,096 bytes can't be removed, not even by root.
  const name = 'x'.repeat(250);
  const levels = 2 * Math.ceil(4_096 / name.length);
  try {
    for (let level = 0; level < levels; level++) {
      await mkdir(`${folder}.new`);
      if (level > 0) await rename(join(folder, name), join(`${folder}.new`, name));
      await rename(`${folder}.new`, join(folder, name));
    }
    const hoursAgo = new Date(Date.now() - 2 * 60 * 60_000);
    await utimes(folder, hoursAgo, hoursAgo);
    expect(await inWorkFolder(() => Promise.resolve('done'))).toBe('done');
    await expect(rm(folder, { recursive: true })).rejects.toThrow('ENAMETOOLONG');
  } finally {
    execFileSync('rm', ['-rf', folder, `${folder}.new`]);
  }
});
