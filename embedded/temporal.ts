/** A Temporal dev server of our own, with its Web UI, listening on loopback only. */
import { connect } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';
import { findFreePort, LOOPBACK } from './free-port.ts';
import { type GuardedProcess, lastLogLines, startGuarded } from './guarded-process.ts';

export interface EmbeddedTemporalOptions {
  /** The Temporal command-line tool, see temporal-binary.ts. */
  readonly binary: string;
  /** Where its database file and its log are kept. */
  readonly directory: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Default: any free one. */
  readonly uiPort?: number;
  /** Without it everything is lost when the server stops. */
  readonly keepData: boolean;
}

export interface EmbeddedTemporal {
  readonly address: string;
  /** Of the Web UI. */
  readonly uiUrl: string;
  readonly process: GuardedProcess;
}

const EMBEDDED_NAMESPACE = 'default';
const START_DEADLINE_MS = 60_000;

/** Starts the dev server and waits until it takes connections. The search attributes of our workflows are registered. */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const port = options.port ?? (await findFreePort());
  const uiPort = options.uiPort ?? (await findFreePort());
  const logFile = join(options.directory, 'temporal.log');
  const server = await startGuarded({
    command: options.binary,
    arguments: serverArguments(options, { port, uiPort }),
    stopSignal: 'TERM',
    logFile,
    pidFile: join(options.directory, 'temporal.pid'),
  });
  const startError = await waitForConnections(server, port);
  if (startError !== undefined) {
    await server.stop(0);
    throw new Error(
      `The embedded Temporal server ${startError}. The end of ${logFile}:\n${await lastLogLines(logFile)}`,
    );
  }
  return {
    address: `${LOOPBACK}:${port}`,
    uiUrl: `http://${LOOPBACK}:${uiPort}`,
    process: server,
  };
}

function serverArguments(options: EmbeddedTemporalOptions, ports: { port: number; uiPort: number }): string[] {
  return [
    'server',
    'start-dev',
    `--ip=${LOOPBACK}`,
    `--port=${ports.port}`,
    `--namespace=${EMBEDDED_NAMESPACE}`,
    '--log-level=error',
    `--ui-ip=${LOOPBACK}`,
    `--ui-port=${ports.uiPort}`,
    ...(options.keepData ? [`--db-filename=${join(options.directory, 'temporal.db')}`] : []),
    ...SEARCH_ATTRIBUTES.map((key) => `--search-attribute=${key.name}=${cliTypeName(key.type)}`),
  ];
}

/** The CLI wants `Keyword`, the SDK says `KEYWORD`. */
function cliTypeName(type: string): string {
  return type.charAt(0) + type.slice(1).toLowerCase();
}

/** What went wrong, or undefined once the server listens. */
async function waitForConnections(server: GuardedProcess, port: number): Promise<string | undefined> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let endedEarly = false;
  void server.ended.then(() => (endedEarly = true));
  while (Date.now() < deadline) {
    if (endedEarly) return 'ended while it was starting';
    if (await takesConnections(port)) return undefined;
    await delay(50);
  }
  return `did not answer within ${START_DEADLINE_MS / 1000} s`;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
