/** Git over a real sshd, with its host key checked. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort } from '../../embedded/free-port.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { eventually } from '../eventually.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { findProgram, whySkipped } from './programs.ts';

const sshd = await findProgram('sshd', 'the package `openssh-server`');

describe.skipIf('missing' in sshd)(`a repository over SSH${whySkipped(sshd)}`, () => {
  let testDatabase: TestDatabase;
  let root: string;
  let port: number;
  let daemon: ChildProcess;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'rollcall-ssh-'));
    [testDatabase, port] = await Promise.all([createTestDatabase(), findFreePort()]);
    const repository = await GitRepository.create(root, 'servers.git');
    await repository.configure('uploadpack.allowFilter', 'false'); // as on a server without hosting software
    await repository.commit({ 'registry.json': envelope([serverJson('com.example/one')]) });
    for (const name of ['host', 'other-host', 'client', 'stranger']) await createKey(name);
    await writeFile(join(root, 'known_hosts'), await knownHost('host'));
    daemon = await startDaemon();
  });
  afterAll(async () => {
    const ended = once(daemon, 'exit');
    daemon.kill();
    await ended;
    await testDatabase.drop();
    await rm(root, { recursive: true });
  });

  async function createKey(name: string): Promise<void> {
    await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(root, name)]);
  }

  async function knownHost(key: string): Promise<string> {
    return `[127.0.0.1]:${port} ${await readFile(join(root, `${key}.pub`), 'utf8')}`;
  }

  async function startDaemon(): Promise<ChildProcess> {
    if ('missing' in sshd) throw new Error(sshd.missing);
    const settings = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(root, 'host')}`,
      `AuthorizedKeysFile ${join(root, 'client.pub')}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
    ];
    await writeFile(join(root, 'sshd_config'), `${settings.join('\n')}\n`);
    // Debian creates this folder when it starts its own sshd.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    const child = spawn(sshd.path, ['-D', '-e', '-f', join(root, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (data: Buffer) => (log += data.toString()));
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`sshd ended: ${log}`);
      return log.includes('Server listening');
    }, 'sshd listens');
    return child;
  }

  async function source(auth: { key?: string; knownHosts?: string } = {}): Promise<SourceUnderTest> {
    const { key = 'client', knownHosts = 'known_hosts' } = auth;
    return await SourceUnderTest.of(testDatabase.database, {
      kind: 'git',
      repository: `ssh://${userInfo().username}@127.0.0.1:${port}${join(root, 'servers.git')}`,
      path: 'registry.json',
      auth: { sshKeyFile: join(root, key), knownHostsFile: join(root, knownHosts) },
    });
  }

  test('is read with a key, from a host that is known', async () => {
    const git = await source();
    await git.sync();
    expect(await git.served()).toEqual(['com.example/one@1.0.0']);
    expect(await git.check()).toBe('nothing');
  });

  test('is refused while its host key is unknown, with the remedy', async () => {
    await writeFile(join(root, 'empty_hosts'), '');
    const { type, message } = await (await source({ knownHosts: 'empty_hosts' })).failedSync();
    expect(type).toBe('UpstreamDenied');
    expect(message).toContain(
      `its host key is not in ${join(root, 'empty_hosts')} (\`auth.knownHostsFile\`): compare its fingerprint with the published one, then add the output of \`ssh-keyscan\``,
    );
  });

  test('is refused after its host key changed, with the remedy', async () => {
    await writeFile(join(root, 'changed_hosts'), await knownHost('other-host'));
    const { type, message } = await (await source({ knownHosts: 'changed_hosts' })).failedSync();
    expect(type).toBe('UpstreamDenied');
    expect(message).toContain(`its host key differs from the one in ${join(root, 'changed_hosts')}`);
    expect(message).toContain('replace that one if its operator confirms a new key');
  });

  test('is refused with a key that the server does not accept', async () => {
    const { type, message } = await (await source({ key: 'stranger' })).failedSync();
    expect(type).toBe('UpstreamDenied');
    expect(message).toContain(`it rejected the SSH key in the file ${join(root, 'stranger')} (\`auth.sshKeyFile\`)`);
  });
});
