/** Many upstreams in one server: each path is a registry with its own servers. All change, and become slow, on demand. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../../embedded/free-port.ts';
import { dataSetEntries } from '../data/data-set.ts';

interface Upstream {
  readonly path: string;
  /** The entries without the first one, which changes. */
  readonly rest: string;
  readonly name: string;
  /** When it was last asked for its document, in milliseconds since the epoch. */
  askedAtMs: number;
}

/** Sends something this often, so that a slow document doesn't count as lost. */
const ALIVE_MS = 5_000;

export class Upstreams {
  readonly #all = new Map<string, Upstream>();
  readonly #server: Server;
  #state = 1;
  /** Settled: documents are sent at once. */
  #hold = { ended: Promise.resolve(), end: (): void => undefined };

  private constructor() {
    this.#server = createServer((request, response) => {
      const upstream = this.#all.get(request.url ?? '');
      if (upstream === undefined) {
        response.writeHead(404).end();
        return;
      }
      const tag = `"${this.#state}"`;
      upstream.askedAtMs = Date.now();
      response.setHeader('ETag', tag);
      if (request.headers['if-none-match'] === tag) {
        response.writeHead(304).end();
        return;
      }
      void this.#send(response, upstream);
    });
  }

  async #send(response: ServerResponse, upstream: Upstream): Promise<void> {
    const document = documentOf(upstream, this.#state);
    response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders();
    const alive = setInterval(() => response.write(' '), ALIVE_MS);
    await this.#hold.ended;
    clearInterval(alive);
    response.end(document);
  }

  /** @param entries in all upstreams together */
  static async start(count: number, entries: number): Promise<Upstreams> {
    const upstreams = new Upstreams();
    const documents: string[][] = Array.from({ length: count }, () => []);
    let index = 0;
    for (const { server } of dataSetEntries({ entries: entries - count, versionsPerServer: 1 })) {
      documents[index % count]!.push(JSON.stringify({ server }));
      index += 1;
    }
    for (const [number, rest] of documents.entries()) {
      const path = `/source-${number}`;
      const name = `com.example.scale/changing-${number}`;
      upstreams.#all.set(path, { path, name, rest: rest.join(','), askedAtMs: 0 });
    }
    upstreams.#server.listen(0, LOOPBACK);
    await once(upstreams.#server, 'listening');
    return upstreams;
  }

  get sources(): { readonly name: string; readonly url: string }[] {
    const { port } = this.#server.address() as AddressInfo;
    return [...this.#all.keys()].map((path) => ({ name: path.slice(1), url: `http://${LOOPBACK}:${port}${path}` }));
  }

  /** Changes one entry of every upstream. */
  change(): void {
    this.#state += 1;
  }

  /** The description of the entry that changes, in the newest state. */
  get newest(): string {
    return descriptionOf(this.#state);
  }

  /** From now on documents begin at once, which is all that a check needs, and don't end until they are released. */
  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#hold = { ended: promise, end: resolve };
  }

  release(): void {
    this.#hold.end();
  }

  /** The names of the sources that were asked last before this time, so that their timers are due last. */
  lastAskedBefore(atMs: number, count: number): string[] {
    const before = [...this.#all.values()].filter(({ askedAtMs }) => askedAtMs < atMs);
    before.sort((one, other) => other.askedAtMs - one.askedAtMs);
    return before.slice(0, count).map(({ path }) => path.slice(1));
  }

  stop(): void {
    this.release();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function documentOf({ name, rest }: Upstream, state: number): string {
  const changing = JSON.stringify({ server: { name, version: '1.0.0', description: descriptionOf(state) } });
  return `[${changing}${rest === '' ? '' : `,${rest}`}]`;
}

function descriptionOf(state: number): string {
  return `State ${state}`;
}
