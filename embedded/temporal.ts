/**
 * A Temporal dev server, listening on loopback only.
 *
 * Workers and clients use gRPC, which web pages can't. The server also opens an HTTP API without authentication, and has no
 * option to turn it off, so that API is configured to refuse every request.
 */
import { connect } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../workflows/contract/names.ts';
import { pickVariables } from '../outbound/child-environment.ts';
import type { LoopbackAddress } from './blocked-address.ts';
import { findFreePort, LOOPBACK } from './free-port.ts';
import { type GuardedProcess, lastLogLines, startGuarded, waitUntilReady } from './guarded-process.ts';

export interface EmbeddedTemporalOptions {
  /** The Temporal command-line tool, see temporal-binary.ts. */
  readonly binary: string;
  /** The folder of its database file and its log. */
  readonly directory: string;
  /** The port. Default: any free one. */
  readonly port?: number;
  /** The address of its Web UI, which checks neither host nor origin; absent for no UI. */
  readonly ui?: LoopbackAddress;
  /** Whether to keep the data when the server stops. */
  readonly keepData: boolean;
}

export interface EmbeddedTemporal {
  readonly address: string;
  readonly process: GuardedProcess;
}

const EMBEDDED_NAMESPACE = 'default';

/**
 * The hosts under which the HTTP API can be called: one that no request can have, since a `Host` with a space is malformed. An
 * empty list would allow requests without a host.
 */
const ALLOWED_HOSTS = ['no host'];

/**
 * Starts the dev server and waits until it accepts connections. Registers the search attributes of our workflows.
 * @throws Error if the server doesn't start, or its HTTP API can't be closed
 */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const port = options.port ?? (await findFreePort());
  const httpPort = await findFreePort();
  const logFile = join(options.directory, 'temporal.log');
  const server = await startGuarded({
    command: options.binary,
    arguments: serverArguments(options, { port, httpPort }),
    // It looks for a configuration folder in HOME, and doesn't start without one.
    environment: { HOME: options.directory, ...pickVariables(['TMPDIR', 'TZ']) },
    stopSignal: 'TERM',
    logFile,
    pidFile: join(options.directory, 'temporal.pid'),
  });
  const startError =
    (await waitUntilReady(server, () => takesConnections(port))) ??
    (await waitUntilReady(server, () => takesConnections(httpPort))) ??
    (await findOpenHttpApi(httpPort));
  if (startError !== undefined) {
    await server.stop(0);
    const log = await lastLogLines(logFile);
    const isDamaged = /not a database|database disk image is malformed/.test(log);
    const remedy = isDamaged
      ? ` If its data is damaged, delete ${options.directory}: all entries and pauses are kept.`
      : '';
    throw new Error(`The embedded Temporal server ${startError}.${remedy} The end of ${logFile}:\n${log}`);
  }
  return { address: `${LOOPBACK}:${port}`, process: server };
}

function serverArguments(options: EmbeddedTemporalOptions, ports: { port: number; httpPort: number }): string[] {
  const { ui } = options;
  return [
    'server',
    'start-dev',
    `--ip=${LOOPBACK}`,
    `--port=${ports.port}`,
    `--http-port=${ports.httpPort}`,
    `--dynamic-config-value=frontend.httpAllowedHosts=${JSON.stringify(ALLOWED_HOSTS)}`,
    // The HTTP API doesn't check the host for the UI's own paths.
    '--dynamic-config-value=system.enableNexus=false',
    `--namespace=${EMBEDDED_NAMESPACE}`,
    '--log-level=error',
    ...(ui === undefined ? ['--headless'] : [`--ui-ip=${ui.host}`, `--ui-port=${ui.port}`]),
    ...(options.keepData ? [`--db-filename=${join(options.directory, 'temporal.db')}`] : []),
    ...SEARCH_ATTRIBUTES.map((key) => `--search-attribute=${key.name}=${cliTypeName(key.type)}`),
  ];
}

/** Sends a request to the HTTP API as a web page would. Releases that don't know the setting ignore it and answer. */
async function findOpenHttpApi(httpPort: number): Promise<string | undefined> {
  const response = await fetch(`http://${LOOPBACK}:${httpPort}/api/v1/namespaces`);
  await response.body?.cancel();
  if (response.status === 403) return undefined;
  return `answers requests of any web page on its HTTP API (status ${response.status}, expected 403): use Temporal CLI 1.5.1 or newer`;
}

/** The CLI uses `Keyword`, and the SDK uses `KEYWORD`. */
function cliTypeName(type: string): string {
  return type.charAt(0) + type.slice(1).toLowerCase();
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
