/** Reads from Linux which addresses processes listen at. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { childProcesses } from '../../bench/system/processes.ts';

export interface ListeningAddress {
  readonly host: string;
  readonly port: number;
}

const LISTENING = '0A';

/** All TCP addresses (IPv4) at which a process or any of its descendants listens. */
export async function listeningAddresses(processId: number): Promise<ListeningAddress[]> {
  const sockets = new Set(await socketsOfTree(processId));
  const [, ...lines] = (await readFile('/proc/net/tcp', 'utf8')).trimEnd().split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTENING && sockets.has(inode ?? ''))
    .map(([, local]) => parseAddress(local ?? ''));
}

async function socketsOfTree(processId: number): Promise<string[]> {
  const children = await childProcesses(processId);
  const below = await Promise.all(children.map((child) => socketsOfTree(child)));
  return [...(await socketsOf(processId)), ...below.flat()];
}

/** The inodes of a process's sockets. */
async function socketsOf(processId: number): Promise<string[]> {
  const folder = `/proc/${processId}/fd`;
  const targets = await Promise.all(
    (await readdir(folder)).map((descriptor) => readlink(`${folder}/${descriptor}`).catch(() => '')),
  );
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

/** `0100007F:1F90` is 127.0.0.1:8080: the address is in the byte order of the machine. */
function parseAddress(text: string): ListeningAddress {
  const [host = '', port = ''] = text.split(':');
  return { host: [...Buffer.from(host, 'hex')].toReversed().join('.'), port: Number.parseInt(port, 16) };
}
