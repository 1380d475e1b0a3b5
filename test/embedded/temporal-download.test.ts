import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LOOPBACK } from '../../embedded/free-port.ts';
import { downloadTemporal, releaseArchive, TEMPORAL_CLI_VERSION } from '../../embedded/temporal-download.ts';

let folder: string;
let server: Server;
let archive: Buffer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-download-'));
  await writeFile(join(folder, 'temporal'), '#!/bin/sh\necho it runs\n');
  await chmod(join(folder, 'temporal'), 0o755);
  execFileSync('tar', ['-czf', 'release.tar.gz', 'temporal'], { cwd: folder });
  archive = await readFile(join(folder, 'release.tar.gz'));
  server = createServer((request, response) =>
    request.url === '/release.tar.gz' ? response.end(archive) : response.writeHead(404).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const url = (name = 'release.tar.gz'): string => `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/${name}`;
const onProgress = (): void => undefined;

test('a release with the known content becomes the tool', async () => {
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const path = join(folder, 'cache', 'temporal');
  await downloadTemporal(path, { onProgress, archive: { url: url(), sha256 } });
  expect(execFileSync(path, { encoding: 'utf8' })).toBe('it runs\n');
  expect(await readdir(join(folder, 'cache'))).toEqual(['temporal']);
});

test('any other content is discarded without being run', async () => {
  const path = join(folder, 'cache', 'temporal');
  const failed = downloadTemporal(path, { onProgress, archive: { url: url(), sha256: '0'.repeat(64) } });
  await expect(failed).rejects.toThrow(/has the SHA-256 [\da-f]{64}, not 0{64}, and was discarded/);
  await expect(access(path)).rejects.toThrow('ENOENT');
  expect(await readdir(join(folder, 'cache'))).toEqual([]);
});

test('a download that fails says why', async () => {
  const path = join(folder, 'temporal-2');
  const failed = downloadTemporal(path, { onProgress, archive: { url: url('missing'), sha256: '' } });
  await expect(failed).rejects.toThrow(/the download failed: .*missing answered 404/);
});

test('the content of every release archive is pinned, and the build has the same version', async () => {
  for (const platform of ['linux', 'darwin']) {
    for (const processor of ['x64', 'arm64']) {
      expect(releaseArchive(platform, processor)?.sha256).toMatch(/^[\da-f]{64}$/);
    }
  }
  expect(releaseArchive('aix', 'ppc64')).toBeUndefined();
  const folderOfModule = new URL('../../embedded/temporal-cli/', import.meta.url);
  expect(await readFile(new URL('go.mod', folderOfModule), 'utf8')).toContain(
    `github.com/temporalio/cli ${TEMPORAL_CLI_VERSION}`,
  );
  expect(await readFile(new URL('go.sum', folderOfModule), 'utf8')).toMatch(
    new RegExp(`^github\\.com/temporalio/cli ${TEMPORAL_CLI_VERSION} h1:`, 'm'),
  );
});
