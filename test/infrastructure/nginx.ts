/** A real nginx on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { findProgram } from './programs.ts';

export interface Nginx {
  stop(): Promise<void>;
}

export const nginx = await findProgram('nginx', 'the package `nginx`');

/**
 * Starts nginx with these contents of its `http` block, and waits until it listens.
 *
 * @param ports the ports that the configuration listens at
 */
export async function startNginx(http: string, ports: readonly number[]): Promise<Nginx> {
  if ('missing' in nginx) throw new Error(nginx.missing);
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events {}
    http { access_log off; ${temporary.join(' ')} ${http} }`,
  );
  const child = spawn(nginx.path, ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (data: Buffer) => (complaints += data.toString()));
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${complaints}`);
    return (await Promise.all(ports.map(isOpen))).every(Boolean);
  }, 'nginx listens');
  return { stop: () => stopped(child, folder) };
}

async function stopped(child: ChildProcess, folder: string): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  await rm(folder, { recursive: true, force: true });
}

function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).then((open) => {
    socket.destroy();
    return open as boolean;
  });
}
