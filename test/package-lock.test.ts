import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

interface LockEntry {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
}

test('every package from npm is pinned by its content, not by its origin', async () => {
  const lock = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  const { '': _ourselves, ...packages } = lock.packages;
  const downloaded = Object.entries(packages).filter(([, entry]) => entry.link !== true && entry.inBundle !== true);
  expect(downloaded.length).toBeGreaterThan(100);
  expect(downloaded.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
  expect(downloaded.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});
