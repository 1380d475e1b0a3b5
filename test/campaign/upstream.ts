/** The upstream of the campaign's source: all entries of an answer name the same state, so a mixture is visible. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../../embedded/free-port.ts';

/** The number of entries, which fit on one page. */
export const ENTRIES = 60;

export class Upstream {
  readonly #server: Server;
  #number = 1;
  #requests = 0;
  #gate: Promise<void> = Promise.resolve();
  #arrived: (() => void) | undefined;

  private constructor() {
    this.#server = createServer((_request, response) => {
      this.#requests++;
      const body = JSON.stringify(entriesOf(this.#number));
      this.#arrived?.();
      void this.#gate.then(() => response.setHeader('Content-Type', 'application/json').end(body));
    });
  }

  static async start(): Promise<Upstream> {
    const upstream = new Upstream();
    upstream.#server.listen(0, LOOPBACK);
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get url(): string {
    return `http://${LOOPBACK}:${(this.#server.address() as AddressInfo).port}/servers.json`;
  }

  /** The number of requests. */
  get requests(): number {
    return this.#requests;
  }

  /** Changes its state: all entries differ, one is gone, and one is new. Returns the state. */
  change(): string {
    this.#number++;
    return stateOf(this.#number);
  }

  /** Blocks requests until `release`. `arrived` is fulfilled when the first one waits. */
  hold(): { readonly arrived: Promise<void>; release(): void } {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    this.#arrived = resolve;
    this.#gate = gate.promise;
    return { arrived, release: () => gate.resolve() };
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** The description of all entries. */
function stateOf(number: number): string {
  return `State ${number}`;
}

function entriesOf(number: number): unknown[] {
  return Array.from({ length: ENTRIES }, (_, index) => ({
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: `com.example.campaign/server-${index === 0 ? `new-${number}` : index}`,
    description: stateOf(number),
    version: '1.0.0',
  }));
}
