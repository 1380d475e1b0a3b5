/** The published package: built, installed into an empty folder, and started there without a configuration. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-package-'));
  await chmod(folder, 0o711); // PostgreSQL runs as another user when the test runs as root
  await writeFile(join(folder, 'package.json'), '{"private": true}');
  await run('npm', ['pack', '--pack-destination', folder], { cwd: CHECKOUT });
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const listed = await run('tar', ['--list', '--gzip', '--file', tarball], { cwd: folder });
  files = listed.stdout.split('\n').map((path) => path.replace('package/', ''));
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder });
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('contains compiled code with declarations, and neither sources nor tests', () => {
  expect(files).toContain('dist/cli/main.js');
  expect(files).toContain('dist/cli/main.js.map');
  expect(files).toContain('dist/api/trpc/router.d.ts');
  expect(files).toContain('dist/worker/workflow-bundle.js');
  expect(files.filter((file) => /^(test|bench|examples|deploy|docs)\//.test(file))).toEqual([]);
  expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
});

test('prints its version', async () => {
  const { version } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as { version: string };
  expect((await rollcall('version')).stdout).toContain(`rollcall ${version}`);
});

test('serves what is published to it in an empty folder', async () => {
  const ports = await Promise.all(Array.from({ length: 5 }, findFreePort));
  const url = `http://${LOOPBACK}:${ports[0]}`;
  const serve = spawn(
    join(folder, 'node_modules/.bin/rollcall'),
    [
      'serve',
      `--address=${LOOPBACK}:${ports[0]}`,
      `--internal-address=${LOOPBACK}:${ports[1]}`,
      `--worker-internal-address=${LOOPBACK}:${ports[2]}`,
      `--temporal-port=${ports[3]}`,
      `--ui-port=${ports[4]}`,
    ],
    { cwd: folder },
  );
  const exited = once(serve, 'exit');
  try {
    await untilPrinted(serve, 'is running');
    await mkdir(join(folder, 'mine'));
    const document = { name: 'com.example/hello', description: 'Says hello', version: '1.0.0' };
    await writeFile(join(folder, 'mine/server.json'), JSON.stringify(document));
    await rollcall('publish', 'mine/server.json', '--server', url);
    const page = await (await fetch(`${url}/v0.1/servers`)).json();
    expect(page).toMatchObject({ servers: [{ server: document }], metadata: { count: 1 } });
    expect(await readFile(join(folder, 'rollcall.yaml'), 'utf8')).toContain('managed: {}');
  } finally {
    serve.kill('SIGTERM');
    await exited;
  }
}, 120_000);

function rollcall(...parameters: string[]): Promise<{ stdout: string }> {
  return run(join(folder, 'node_modules/.bin/rollcall'), parameters, { cwd: folder });
}

async function untilPrinted(child: ReturnType<typeof spawn>, words: string): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes(words)) resolve();
      });
    }
    child.once('exit', (status) => reject(new Error(`serve exited with ${status}:\n${output}`)));
  });
}
