/** An upstream with many small registry files that counts requests. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface SmallUpstream {
  /** Each path is a registry file with one entry. */
  readonly origin: string;
  /** Waits until at least `files` files were requested, each at least `times` times. */
  untilAsked(files: number, times: number): Promise<void>;
  forgetRequests(): void;
  /** Requests per file since `forgetRequests`; 0 for files requested only before. */
  requestsPerSource(): number[];
  stop(): Promise<void>;
}

export async function startSmallUpstream(): Promise<SmallUpstream> {
  const requests = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.set(path, (requests.get(path) ?? 0) + 1);
    response.setHeader('ETag', '"always-the-same"');
    if (request.headers['if-none-match'] === '"always-the-same"') response.writeHead(304).end();
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end(documentOf(path));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    untilAsked: async (files, times) => {
      while (requests.size < files || Math.min(...requests.values()) < times) await delay(100);
    },
    forgetRequests: () => {
      for (const path of requests.keys()) requests.set(path, 0);
    },
    requestsPerSource: () => [...requests.values()],
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function documentOf(path: string): string {
  const server = { name: `com.example${path}`, description: 'A small upstream', version: '1.0.0' };
  return JSON.stringify([{ server }]);
}
