/** The walls between folders that the linter enforces: each refuses an import from every depth of its folder. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const DRIVERS = ['pg', 'slonik', 'pg-copy-streams'];
const APPLICATION = [
  'activities',
  'api',
  'cli',
  'config',
  'embedded',
  'kubernetes',
  'operator',
  'outbound',
  'sources',
  'telemetry',
  'temporal',
  'worker',
];
const ABOVE_DB = [...APPLICATION.filter((name) => name !== 'telemetry'), 'console', 'workflows'];
const ANYWHERE = ['db/x.ts', 'api/x/y.ts', 'config/x.ts'];

interface Wall {
  readonly folders: readonly string[];
  /** Paths are relative to the root, names are packages. */
  readonly refused: readonly string[];
  /** So that the wall isn't simply closed. */
  readonly allowed?: readonly string[];
}

const WALLS: readonly Wall[] = [
  {
    folders: ['workflows', 'workflows/source'],
    refused: [...ANYWHERE, 'node:fs', 'undici', 'registry/json.ts', 'pacing/turns.ts'],
    allowed: ['@temporalio/workflow', 'registry/failure.ts', 'pacing/backoff.ts', 'workflows/contract/x.ts'],
  },
  {
    folders: ['registry', 'registry/document', 'registry/exports', 'registry/exports/form'],
    refused: [...ANYWHERE, ...DRIVERS, 'node:fs', 'node:fs/promises', 'undici', 'express', 'pacing/turns.ts'],
    allowed: ['registry/json.ts', 'zod'],
  },
  { folders: ['registry', 'registry/document'], refused: [], allowed: ['node:crypto'] },
  { folders: ['registry/exports', 'registry/exports/form'], refused: ['node:crypto'] },
  {
    folders: ['pacing', 'pacing/inner'],
    refused: ['registry/x.ts', 'db/x/y.ts', 'telemetry/x.ts', 'workflows/x.ts'],
    allowed: ['pacing/x.ts', 'node:timers/promises'],
  },
  {
    folders: ['db', 'db/entries', 'db/entries/inner'],
    refused: ['express', '@temporalio/client', ...ABOVE_DB.flatMap((name) => [`${name}/x.ts`, `${name}/x/y.ts`])],
    allowed: ['pg', 'registry/kubernetes/x.ts', 'telemetry/x.ts', 'pacing/x.ts', 'db/configuration/x.ts'],
  },
  {
    folders: ['console', 'console/parts', 'console/pages/catalog'],
    refused: [
      'node:fs',
      'node:fs/promises',
      'db/x.ts',
      'pacing/x.ts',
      'workflows/x.ts',
      ...APPLICATION.map((name) => `${name}/x.ts`),
    ],
    allowed: ['registry/json.ts', 'registry/server-json/x.ts', 'console/client/x.ts', 'react'],
  },
  { folders: within(APPLICATION), refused: DRIVERS },
  {
    folders: within(['activities', 'api', 'config', 'db', 'kubernetes', 'operator', 'sources']),
    refused: ['@temporalio/client'],
  },
  {
    folders: within(['activities', 'api', 'cli', 'config', 'temporal', 'worker']),
    refused: ['sources/git/x.ts'],
    allowed: ['sources/index.ts', 'registry/json.ts'],
  },
  {
    folders: ['sources/git'],
    refused: ['sources/api/x.ts', 'sources/file/x.ts', 'sources/managed/x.ts'],
    allowed: ['sources/index.ts', 'kubernetes/x.ts', 'sources/git/x.ts'],
  },
];

function within(folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => [folder, `${folder}/inner`]);
}

let directory: string;
let refused: ReadonlySet<string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollcall-walls-'));
  await copyFile(join(ROOT, '.oxlintrc.json'), join(directory, '.oxlintrc.json'));
  for (const { folders, refused: wrong, allowed = [] } of WALLS) {
    for (const folder of folders) {
      for (const name of [...wrong, ...allowed]) await writeImport(folder, name);
    }
  }
  refused = await filesRefused();
}, 60_000);

afterAll(async () => {
  await rm(directory, { recursive: true });
});

describe.each(WALLS.flatMap(({ folders, ...wall }) => folders.map((folder) => ({ folder, ...wall }))))(
  '$folder',
  ({ folder, refused: wrong, allowed = [] }) => {
    test('refuses imports of what it must not know, and no others', () => {
      const files = (names: readonly string[]): string[] => names.map((name) => fileOf(folder, name));
      expect(files(wrong).filter((file) => !refused.has(file))).toEqual([]);
      expect(files(allowed).filter((file) => refused.has(file))).toEqual([]);
    });
  },
);

function fileOf(folder: string, name: string): string {
  return join(folder, `${name.replaceAll(/\W+/g, '-')}.ts`);
}

async function writeImport(folder: string, name: string): Promise<void> {
  const path = join(directory, fileOf(folder, name));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `import { used } from '${specifierOf(folder, name)}';\nexport const value = used;\n`);
}

/** Ours are written relative to the importing folder. */
function specifierOf(folder: string, name: string): string {
  if (!/\.tsx?$/.test(name)) return name;
  const [top = ''] = folder.split('/');
  const ups = '../'.repeat(folder.split('/').length);
  const isOwn = name.startsWith(`${folder}/`);
  if (isOwn) return `./${name.slice(folder.length + 1)}`;
  return name.startsWith(`${top}/`) ? ups.slice(3) + name.slice(top.length + 1) : ups + name;
}

async function filesRefused(): Promise<ReadonlySet<string>> {
  const program = join(ROOT, 'node_modules/.bin/oxlint');
  const output = await new Promise<string>((resolve) => {
    const options = { cwd: directory, maxBuffer: 64 * 1024 * 1024 };
    // It ends with 1 because of the faults.
    execFile(program, ['--format', 'json'], options, (_error, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { code: string; filename: string }[] };
  const found = diagnostics.filter(({ code }) => code.includes('no-restricted-imports'));
  return new Set(found.map(({ filename }) => filename));
}
