/** A load balancer as they are: asks each backend for its readiness, keeps connections open, and repeats no request. */
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Backend {
  /** `http://host:port` of the public port. */
  readonly url: string;
  readonly internalUrl: string;
}

export interface LoadBalancer {
  readonly url: string;
  /** Whether the backend gets requests now. */
  isReady(backend: Backend): boolean;
  /** Answers of each backend so far. */
  answers(backend: Backend): number;
  stop(): Promise<void>;
}

const PROBE_EVERY_MS = 100;

export async function startLoadBalancer(backends: readonly Backend[]): Promise<LoadBalancer> {
  const agent = new Agent({ keepAlive: true });
  const ready = new Set<Backend>();
  const answers = new Map<Backend, number>();
  const probe = setInterval(() => {
    for (const backend of backends) {
      fetch(`${backend.internalUrl}/readiness`).then(
        ({ ok }) => (ok ? ready.add(backend) : ready.delete(backend)),
        () => ready.delete(backend),
      );
    }
  }, PROBE_EVERY_MS);
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const candidates = [...ready];
    const backend = candidates[turn++ % candidates.length];
    if (backend === undefined) {
      outgoing.writeHead(502).end('no backend is ready');
      return;
    }
    answers.set(backend, (answers.get(backend) ?? 0) + 1);
    passOn({ incoming, outgoing, agent }, backend);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isReady: (backend) => ready.has(backend),
    answers: (backend) => answers.get(backend) ?? 0,
    stop: async () => {
      clearInterval(probe);
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Passing {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly agent: Agent;
}

function passOn({ incoming, outgoing, agent }: Passing, { url }: Backend): void {
  const target = new URL(incoming.url ?? '/', url);
  const { connection: _, ...headers } = incoming.headers;
  const passed = request(target, { method: incoming.method ?? 'GET', headers, agent }, (answer) => {
    const { connection: __, ...passedBack } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, passedBack);
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  passed.on('error', (error) => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end(error.message);
  });
  incoming.pipe(passed);
}
