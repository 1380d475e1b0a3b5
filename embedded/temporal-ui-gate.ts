/**
 * A proxy in front of Temporal's Web UI. The UI itself accepts requests under any host name, so a web page could use it through
 * DNS rebinding. It therefore listens where no web page can reach it, and this proxy passes on requests from its own pages.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import type { LoopbackAddress } from './blocked-address.ts';
import { LOOPBACK } from './free-port.ts';

export interface TemporalUiGate {
  readonly url: string;
  close(): void;
}

/**
 * Opens the proxy on this loopback port. It answers 403 to a request with a foreign `Host` or `Origin`, and 502 while the UI at
 * `target` doesn't answer.
 */
export async function openTemporalUiGate(port: number, target: LoopbackAddress): Promise<TemporalUiGate> {
  const hosts = [LOOPBACK, 'localhost'].map((host) => new URL(`http://${host}:${port}`).host);
  const gate = createServer((incoming, response) => {
    if (isOwn(incoming, hosts)) pass(incoming, response, target);
    else answer(response, 403, `Open Temporal's Web UI as http://${hosts[0]}`);
  });
  gate.listen(port, LOOPBACK);
  await once(gate, 'listening');
  return {
    url: `http://${LOOPBACK}:${port}`,
    close: () => {
      gate.close();
      gate.closeAllConnections();
    },
  };
}

/** Browsers send the host with every request, and the origin with every request that could change something. */
function isOwn({ headers }: IncomingMessage, hosts: readonly string[]): boolean {
  const { host, origin } = headers;
  return host !== undefined && hosts.includes(host) && (origin === undefined || origin === `http://${host}`);
}

function pass(incoming: IncomingMessage, response: ServerResponse, { host, port }: LoopbackAddress): void {
  const { method, url, headers } = incoming;
  const outgoing = request({ host, port, method, path: url, headers });
  outgoing.once('response', (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.headers);
    pipeline(answered, response, () => undefined);
  });
  outgoing.once('error', () => {
    if (response.headersSent) response.destroy();
    else answer(response, 502, "Temporal's Web UI doesn't answer; it may be starting");
  });
  response.once('close', () => outgoing.destroy());
  pipeline(incoming, outgoing, () => undefined);
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' }).end(`${text}\n`);
}
