/**
 * The image, built with buildah where it and the base image are at hand, and run without an engine: as the image's user, with
 * a read-only root file system.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort } from '../../embedded/free-port.ts';
import { createTestDatabase } from '../environment.ts';
import { createTestNamespace } from '../temporal-namespace.ts';
import { findProgram, type Program, whySkipped } from '../infrastructure/programs.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const BASE = 'docker.io/library/node:24-bookworm-slim';
const IMAGE = 'localhost/rollcall-test';
const BUILD_TIMEOUT_MS = 600_000;
/** Above the base image. */
const MAX_SIZE_MIB = 200;

interface Inspected {
  readonly OCIv1: { config: { User: string; Labels: Record<string, string>; Entrypoint: string[] } };
  readonly Docker: { config: { Env: string[]; Healthcheck: { Test: string[] } } };
}

async function buildah(...parameters: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('buildah', parameters, {
    cwd: CHECKOUT,
    maxBuffer: 64 * 1024 * 1024,
    // Works in containers too.
    env: { BUILDAH_ISOLATION: 'chroot', ...process.env },
  });
  return stdout.trim();
}

async function findBuilder(): Promise<Program> {
  if (process.getuid?.() !== 0) return { missing: 'mounting images needs root' };
  const builder = await findProgram('buildah', 'the package `buildah`');
  if ('missing' in builder) return builder;
  return await buildah('inspect', '--type', 'image', BASE).then(
    () => builder,
    () => ({ missing: `there is no base image: buildah pull ${BASE}` }),
  );
}

/** Mounts of this machine's settings and certificates for package registries. */
async function machineSettings(folder: string): Promise<string[]> {
  const npm = await readFile(join(homedir(), '.npmrc'), 'utf8').catch(() => '');
  await writeFile(join(folder, 'npmrc'), `${npm}\ncafile=/etc/ssl/certs/ca-certificates.crt\n`);
  const mounts = ['/etc/ssl/certs', '/usr/local/share/ca-certificates', '/etc/apt'].map((path) => `${path}:${path}`);
  return [...mounts, `${join(folder, 'npmrc')}:/root/.npmrc`].flatMap((mount) => ['--volume', `${mount}:ro`]);
}

/** Quotes a text as one word of a shell command. */
function inShell(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

const builder = await findBuilder();

describe.skipIf('missing' in builder)(`the image${whySkipped(builder)}`, { timeout: 60_000 }, () => {
  const containers: string[] = [];
  let root: string;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-image-'));
    const file = 'deploy/image/Dockerfile';
    const settings = ['--pull-never', '--build-arg', 'COMMIT=0123abc', ...(await machineSettings(folder))];
    const before = await buildah('images', '--quiet', IMAGE).catch(() => '');
    // Images in the OCI format have no health check. Layers are kept for the next run, as Docker does.
    await buildah('bud', '--layers', '--format', 'docker', ...settings, '--file', file, '--tag', IMAGE, '.');
    const isReplaced = before !== '' && (await buildah('images', '--quiet', IMAGE)) !== before;
    if (isReplaced) await buildah('rmi', before).catch(() => undefined);
    root = await mounted(IMAGE);
  }, BUILD_TIMEOUT_MS);
  afterAll(async () => {
    if (containers.length > 0) await buildah('rm', ...containers);
    await rm(folder, { recursive: true });
  }, 60_000);

  async function mounted(image: string): Promise<string> {
    const container = await buildah('from', '--pull-never', image);
    containers.push(container);
    return await buildah('mount', container);
  }

  /** In the image's root, read-only except for /tmp. */
  async function run(command: string): Promise<string> {
    const script = `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && mount -t tmpfs tmpfs "$0/tmp" -o mode=1777 &&
      mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" &&
      exec chroot --userspec=1000:1000 "$0" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin sh -c "cd /rollcall && $1"`;
    const { stdout } = await promisify(execFile)('unshare', ['--mount', 'sh', '-c', script, root, command]);
    return stdout;
  }

  async function inspect(): Promise<Inspected> {
    return JSON.parse(await buildah('inspect', '--type', 'image', IMAGE)) as Inspected;
  }

  async function sizeOf(path: string): Promise<number> {
    const { stdout } = await promisify(execFile)('du', ['--summarize', '--block-size=1M', path]);
    return Number.parseInt(stdout, 10);
  }

  test('runs as a user without rights, on a read-only root file system', async () => {
    expect(await run('id -u; (touch /rollcall/x 2>/dev/null && echo writable) || echo read-only')).toBe(
      '1000\nread-only\n',
    );
    const { version } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as { version: string };
    expect(await run('ROLLCALL_COMMIT=0123abc node bin/rollcall.mjs version')).toMatch(
      new RegExp(`rollcall ${version.replaceAll('.', '\\.')}[^]*0123abc`),
    );
  });

  test('has a health check that succeeds while an api or a worker runs', async () => {
    const [kind, ...check] = (await inspect()).Docker.config.Healthcheck.Test;
    expect(kind).toBe('CMD');
    expect(check.join(' ')).toContain('[8081, 8082]');
    const database = await createTestDatabase();
    const { address, namespace } = await createTestNamespace();
    const [port, internalPort, workerPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
    const configuration = {
      sources: [{ name: 'published', managed: {} }],
      database: { ...database.settings, sslMode: 'disable' },
      temporal: { address, namespace },
      server: {
        address: `127.0.0.1:${port}`,
        internalAddress: `127.0.0.1:${internalPort}`,
        workerInternalAddress: `127.0.0.1:${workerPort}`,
        drainDelay: '0s',
      },
      auth: { mode: 'anonymous' },
    };
    const healthCheck = check
      .map((word) => inShell(word.replace('[8081, 8082]', `[${internalPort}, ${workerPort}]`)))
      .join(' ');
    try {
      const output = await run(`
        printf %s ${inShell(JSON.stringify(configuration))} > /tmp/rollcall.yaml
        ${healthCheck} && echo 'healthy before the start'
        for role in api worker; do
          node bin/rollcall.mjs $role --config /tmp/rollcall.yaml > /tmp/log 2>&1 &
          result=
          for attempt in $(seq 60); do
            if ${healthCheck}; then result=healthy && break; fi
            sleep 0.5
          done
          kill $! && wait $!
          echo "$role: \${result:-$(cat /tmp/log)}"
        done`);
      expect(output).toBe('api: healthy\nworker: healthy\n');
    } finally {
      await database.drop();
    }
  });

  test('has a user, labels, and an SBOM', async () => {
    const { OCIv1, Docker } = await inspect();
    expect(OCIv1.config).toMatchObject({ User: 'node', Entrypoint: ['node', 'bin/rollcall.mjs'] });
    expect(OCIv1.config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'Rollcall',
      'org.opencontainers.image.revision': '0123abc',
    });
    expect(Docker.config.Env).toContain('ROLLCALL_COMMIT=0123abc');
    expect(JSON.parse(await readFile(join(root, 'rollcall/sbom.cdx.json'), 'utf8'))).toMatchObject({
      bomFormat: 'CycloneDX',
    });
  });

  test(`is at most ${MAX_SIZE_MIB} MiB larger than its base, without build tools`, async () => {
    expect((await sizeOf(root)) - (await sizeOf(await mounted(BASE)))).toBeLessThanOrEqual(MAX_SIZE_MIB);
    await expect(run('ls node_modules/typescript')).rejects.toThrow(/typescript/);
    await expect(run('ls dist/worker/workflow-bundle.js')).resolves.toContain('workflow-bundle.js');
  });
});
