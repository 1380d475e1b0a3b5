/** An HTTP server with deadlines, that ends without cutting off whoever is being answered. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cutOffStalledReaders } from './stalled-readers.ts';
import { answerUnreadableRequests } from './unreadable-request.ts';

/** A client has this long to send its headers, and the whole of its request. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const TIMEOUT_CHECK_INTERVAL_MS = 2_000;
/** Longer than the usual 60 s of load balancers: the side that keeps connections for later should close them first. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** A client that accepts no byte of its answer for this long is cut off. */
const STALLED_READER_TIMEOUT_MS = 30_000;
/** Above what a token may have: one that is too long is to be refused as a token, not as a request. */
const MAX_HEADER_BYTES = 128 * 1024;
/** How long answers may still take when the server is told to stop. */
const DRAIN_TIMEOUT_MS = 7_000;
const IDLE_SWEEP_INTERVAL_MS = 50;

export interface HttpListener {
  /** `http://host:port`, with the port that was given where it was asked for port 0. */
  readonly url: string;
  /** Ends each connection with its next answer. Clients and load balancers open new ones, maybe to another process. */
  endKeptConnections(): void;
  /** Takes no new connection, waits for the answers that are under way, and cuts off those that take too long. */
  close(): Promise<void>;
}

/**
 * Calls the listener for requests to an address, `host:port` or `:port` for all interfaces.
 *
 * @param stalledReaderTimeoutMs how long a client may accept no byte of its answer
 * @throws Error that names the address where it cannot be listened at.
 */
export async function listen(
  listener: RequestListener,
  address: string,
  stalledReaderTimeoutMs = STALLED_READER_TIMEOUT_MS,
): Promise<HttpListener> {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    listener,
  );
  answerUnreadableRequests(server);
  cutOffStalledReaders(server, stalledReaderTimeoutMs);
  const { host, port } = parseAddress(address);
  server.listen({ port, ...(host !== undefined && { host }) });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(whyNot(address, cause), { cause });
  }
  return {
    url: urlOf(server, host),
    endKeptConnections: () => {
      server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
    },
    close: () => drain(server),
  };
}

/** @throws Error for an address without a port. */
function parseAddress(address: string): { readonly host: string | undefined; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new Error(`"${address}" is not an address to listen at: write host:port, or :port for all interfaces`);
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

async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection that was busy when the server closed is kept for later otherwise.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_INTERVAL_MS);
  const limit = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(limit);
}
