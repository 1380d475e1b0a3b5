/** The commands in docs/auth.md, run as written: lines with a comment do what the comment says. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace } from '../temporal-namespace.ts';
import { END_WITH_TEST, ROLLCALL, type RunningCommand, startRollcall } from './rollcall-process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;
let database: TestDatabase;
let provider: ReturnType<typeof spawn>;
let serve: RunningCommand;
let banner: string;
/** The document's text with the ports and files of this test. */
let inThisTest: (text: string) => string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-access-'));
  const [apiPort, providerPort] = [await findFreePort(), await findFreePort()];
  inThisTest = (text) => text.replaceAll(':8080', `:${apiPort}`).replaceAll(':9000', `:${providerPort}`);
  provider = spawn(process.execPath, [...END_WITH_TEST, `${ROOT}examples/access/identity-provider.mjs`], {
    env: { ...process.env, PORT: String(providerPort) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  await once(provider.stdout!, 'data');

  const configuration = await readFile(`${ROOT}examples/access/rollcall.yaml`, 'utf8');
  const file = join(folder, 'rollcall.yaml');
  await writeFile(file, inThisTest(configuration).replace('../embedded/', `${ROOT}examples/embedded/`));
  // The test's own database and Temporal replace embedded ones, which would take time to start.
  database = await createTestDatabase();
  const { address, namespace } = await createTestNamespace();
  const { settings, ownerSettings } = database;
  const environment = {
    THV_REGISTRY_DATABASE_HOST: settings.host,
    THV_REGISTRY_DATABASE_PORT: String(settings.port),
    THV_REGISTRY_DATABASE_DATABASE: settings.database,
    THV_REGISTRY_DATABASE_USER: settings.user,
    THV_REGISTRY_DATABASE_PASSWORD: settings.password,
    THV_REGISTRY_DATABASE_MIGRATIONUSER: ownerSettings.user,
    THV_REGISTRY_DATABASE_MIGRATIONPASSWORD: ownerSettings.password,
    THV_REGISTRY_DATABASE_SSLMODE: 'disable',
    THV_REGISTRY_TEMPORAL_ADDRESS: address,
    THV_REGISTRY_TEMPORAL_NAMESPACE: namespace,
    THV_REGISTRY_LOG_FORMAT: 'text',
    THV_REGISTRY_SERVER_ADDRESS: `${LOOPBACK}:${apiPort}`,
    THV_REGISTRY_SERVER_INTERNALADDRESS: `${LOOPBACK}:0`,
  };
  serve = startRollcall(environment, 'serve', '--config', file);
  [banner] = await serve.printed(/[^]*Access.*\n/);
}, 60_000);

afterAll(async () => {
  provider.kill();
  serve.stop();
  await serve.ended;
  await database.drop();
  await rm(folder, { recursive: true });
}, 30_000);

test('the start says which providers’ tokens are accepted', () => {
  expect(banner).toContain(inThisTest('with a token from example (http://127.0.0.1:9000)'));
});

test('the example of docs/auth.md works as written', async () => {
  const document = await readFile(`${ROOT}docs/auth.md`, 'utf8');
  const script = /When it is running:\n\n```sh\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
  const bin = join(folder, 'rollcall');
  await writeFile(bin, `#!/bin/sh\nexec "${process.execPath}" "${ROLLCALL}" "$@"\n`);
  await chmod(bin, 0o755);

  const told: [string, string][] = [];
  for (const line of script.split('\n').filter((text) => text !== '')) {
    const [command = '', comment = 'done'] = line.split(/\s+# /);
    told.push([line, outcomeOf(await run(command), comment)]);
  }
  expect(told.map(([, outcome]) => outcome)).toEqual(['200', '401', 'done', 'done', '404', 'done', '200', 'refused']);
  expect(told.filter(([line, outcome]) => line.includes(' # ') && !line.includes(` # ${outcome}`))).toEqual([]);
}, 60_000);

interface Typed {
  readonly failed: boolean;
  readonly output: string;
}

/** In the folder of the test, as if it were a checkout. */
function run(command: string): Promise<Typed> {
  const environment = {
    ...process.env,
    PATH: `${folder}:${process.env['PATH']}`,
    ROLLCALL_SERVER: inThisTest('http://127.0.0.1:8080'),
  };
  const line = inThisTest(command).replaceAll('examples/access/', `${ROOT}examples/access/`);
  return new Promise((resolve) => {
    execFile('sh', ['-c', line], { cwd: folder, env: environment }, (error, stdout, stderr) => {
      resolve({ failed: error !== null, output: stdout + stderr });
    });
  });
}

/** The first word of a comment: the status of the answer, or whether the command succeeded. */
function outcomeOf({ failed, output }: Typed, comment: string): string {
  const status = /^HTTP\/1\.1 (\d+)/.exec(output)?.[1];
  if (status === undefined) return failed ? 'refused' : 'done';
  const isComplete = !comment.includes('the published server') || output.includes('com.example.engineering/hello');
  return isComplete && (!comment.includes('challenge') || /^WWW-Authenticate: Bearer/im.test(output))
    ? status
    : 'other';
}
