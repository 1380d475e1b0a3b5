/** Many upstreams in one server: each path is a registry with its own servers, and a new state of all of them on demand. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../../embedded/free-port.ts';
import { dataSetEntries } from '../data-set.ts';

interface Upstream {
  readonly path: string;
  /** The entries without the first one, which changes. */
  readonly rest: string;
  readonly name: string;
  /** The state that was sent last; 0: none. */
  sent: number;
  /** When it was last asked for its document, in milliseconds since the epoch. */
  askedAtMs: number;
}

export class Upstreams {
  /** How long a document takes. */
  delayMs = 0;
  readonly #all = new Map<string, Upstream>();
  readonly #server: Server;
  #state = 1;

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
      const state = this.#state;
      setTimeout(() => {
        upstream.sent = state;
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(documentOf(upstream, state));
      }, this.delayMs);
    });
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
      upstreams.#all.set(path, { path, name, rest: rest.join(','), sent: 0, askedAtMs: 0 });
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

  /** How many upstreams have not sent their newest state. */
  get waiting(): number {
    return [...this.#all.values()].filter(({ sent }) => sent < this.#state).length;
  }

  /** The names of the sources that were checked or synced last, so that their timers are due last. */
  lastAsked(count: number): string[] {
    const all = [...this.#all.values()].sort((one, other) => other.askedAtMs - one.askedAtMs);
    return all.slice(0, count).map(({ path }) => path.slice(1));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function documentOf({ name, rest }: Upstream, state: number): string {
  const changing = JSON.stringify({ server: { name, version: '1.0.0', description: `State ${state}` } });
  return `[${changing}${rest === '' ? '' : `,${rest}`}]`;
}
