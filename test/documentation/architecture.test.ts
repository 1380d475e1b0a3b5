/** docs/architecture.md names files that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('every file that the architecture page names exists', () => {
  const page = readFileSync(`${ROOT}docs/architecture.md`, 'utf8');
  const named = [...page.matchAll(/`([\w./-]+\.ts)`/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter((path) => !existsSync(`${ROOT}${path}`));
  expect(missing).toEqual([]);
});
