/** An HTTP server with deadlines, which stops without cutting off clients that are being answered. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessageClasses } from './express-messages.ts';
import { OpenConnections } from './open-connections.ts';
import { handleTroubledConnections } from './troubled-connections.ts';

/** Time for a client to send its headers, and its whole request, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const TIMEOUT_CHECK_INTERVAL_MS = 2_000;
/** Longer than the usual 60 s of load balancers: the client side of idle connections should close them first. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** A client that reads no byte of its answer for this long is cut off. */
const STALLED_READER_TIMEOUT_MS = 30_000;
/** Above the limit of tokens, so that a token that is too long is refused as a token and not as a request. */
const MAX_HEADER_BYTES = 128 * 1024;
/** Time for running answers after the server was told to stop. */
const DRAIN_TIMEOUT_MS = 7_000;
/** Time for clients to send a request on a connection that they have. Its answer tells them to use another one. */
const IDLE_SWEEP_INTERVAL_MS = 200;

export interface HttpListener {
  /** `http://host:port`, with the actual port if port 0 was requested. */
  readonly url: string;
  /** Closes each connection after its next answer. Clients and load balancers open new ones, possibly to another process. */
  endKeptConnections(): void;
  /**
   * Accepts no new connections, answers requests that were sent on existing ones, and closes these. Cuts off answers that
   * take too long.
   */
  close(): Promise<void>;
}

export interface ListenOptions {
  /** Default: those of Node. */
  readonly messageClasses?: MessageClasses;
  /** How long a client can read no byte of its answer. Default: 30 seconds. */
  readonly stalledReaderTimeoutMs?: number;
}

/**
 * Calls the listener for requests to an address, `host:port` or `:port` for all interfaces.
 *
 * @throws Error that names the address, if it can't be listened at
 */
export async function listen(
  listener: RequestListener,
  address: string,
  { messageClasses, stalledReaderTimeoutMs = STALLED_READER_TIMEOUT_MS }: ListenOptions = {},
): Promise<HttpListener> {
  const server = createServer(
    {
      ...messageClasses,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    listener,
  );
  const connections = new OpenConnections(server);
  handleTroubledConnections(server, connections, stalledReaderTimeoutMs);
  const { host, port } = parseAddress(address);
  server.listen({ port, ...(host !== undefined && { host }) });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(whyNot(address, cause), { cause });
  }
  return {
    url: urlOf(server, host),
    endKeptConnections: () => endKeptConnections(server),
    close: () => drain(server, connections),
  };
}

/** @throws Error for an address without a port. */
function parseAddress(address: string): { readonly host: string | undefined; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new Error(`"${address}" isn't an address to listen at: write host:port, or :port for all interfaces`);
  }
  return { host: bracketed ?? (plain === '' ? undefined : plain), port: Number(port) };
}

function whyNot(address: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return `Another program listens at ${address} already: stop it, or choose another address`;
  if (code === 'EACCES') return `This user is not allowed to listen at ${address}: choose a port above 1023`;
  return `Cannot listen at ${address}: ${cause instanceof Error ? cause.message : String(cause)}`;
}

function urlOf(server: Server, host: string | undefined): string {
  const { port } = server.address() as AddressInfo;
  const name = host === undefined || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function endKeptConnections(server: Server): void {
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
}

async function drain(server: Server, connections: OpenConnections): Promise<void> {
  // Connections that still wait to be accepted would be reset. The second turn of the event loop accepts all of them.
  await nextTurn();
  await nextTurn();
  const closed = once(server, 'close');
  server.closeIdleConnections = () => {}; // called by `close`, but their clients may be sending a request
  server.close();
  // Not before, because their clients open new ones, which would wait to be accepted.
  endKeptConnections(server);
  const limit = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS);
  const sweep = setInterval(() => {
    // In the same turn, but after reading what has arrived: this process may have been too busy to read it.
    setImmediate(() => connections.closeIdle());
  }, IDLE_SWEEP_INTERVAL_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(limit);
}
