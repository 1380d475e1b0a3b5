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
import { findProgram, type Program, whySkipped } from '../infrastructure/programs.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const BASE = 'docker.io/library/node:24-bookworm-slim';
const IMAGE = `localhost/rollcall-test:${process.pid}`;
const BUILD_TIMEOUT_MS = 600_000;
/** Above the base image. */
const MAX_SIZE_MIB = 200;

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

/** How this machine reaches package registries: mounts of its settings and certificates. */
async function machineSettings(folder: string): Promise<string[]> {
  const npm = await readFile(join(homedir(), '.npmrc'), 'utf8').catch(() => '');
  await writeFile(join(folder, 'npmrc'), `${npm}\ncafile=/etc/ssl/certs/ca-certificates.crt\n`);
  const mounts = ['/etc/ssl/certs', '/usr/local/share/ca-certificates', '/etc/apt'].map((path) => `${path}:${path}`);
  return [...mounts, `${join(folder, 'npmrc')}:/root/.npmrc`].flatMap((mount) => ['--volume', `${mount}:ro`]);
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
    await buildah('bud', ...settings, '--file', file, '--tag', IMAGE, '.');
    root = await mounted(IMAGE);
  }, BUILD_TIMEOUT_MS);
  afterAll(async () => {
    if (containers.length > 0) await buildah('rm', ...containers);
    await buildah('rmi', IMAGE).catch(() => undefined);
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

  test('has a user, a health check, labels, and an SBOM', async () => {
    const { OCIv1, Docker } = JSON.parse(await buildah('inspect', '--type', 'image', IMAGE)) as {
      OCIv1: { config: { User: string; Labels: Record<string, string>; Entrypoint: string[] } };
      Docker: { config: { Env: string[] } };
    };
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
