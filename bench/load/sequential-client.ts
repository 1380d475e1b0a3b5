/** A client with one connection that sends one request at a time, like a registry that follows another one. */
import { performance } from 'node:perf_hooks';
import { Client } from 'undici';

export interface TimedResponse {
  readonly milliseconds: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface WalkedPage extends TimedResponse {
  /** Undefined on the last page. */
  readonly nextCursor: string | undefined;
}

export class SequentialClient {
  readonly #client: Client;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers the headers of each request */
  constructor(origin: string, headers: Readonly<Record<string, string>> = {}) {
    this.#client = new Client(origin, { pipelining: 1 });
    this.#headers = headers;
  }

  /** Returns the answer and the time from sending the request to its last byte. */
  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<TimedResponse> {
    const start = performance.now();
    const response = await this.#client.request({ method: 'GET', path, headers: { ...this.#headers, ...headers } });
    const body = await response.body.text();
    return {
      milliseconds: performance.now() - start,
      status: response.statusCode,
      headers: response.headers,
      body,
    };
  }

  /** Like `get`. @throws Error for any status other than 200 */
  async getPage(path: string): Promise<TimedResponse> {
    const response = await this.get(path);
    if (response.status !== 200) throw new Error(`${path} was answered with ${response.status}: ${response.body}`);
    return response;
  }

  /** Follows the cursors of a list from its first page to its last. */
  async *walk(path: string): AsyncGenerator<WalkedPage> {
    let cursor = '';
    while (true) {
      const page = await this.getPage(cursor === '' ? path : `${path}&cursor=${cursor}`);
      const [, nextCursor] = NEXT_CURSOR.exec(page.body.slice(-MAX_METADATA_CHARACTERS)) ?? [];
      yield { ...page, nextCursor };
      if (nextCursor === undefined) return;
      cursor = nextCursor;
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

/** Found by pattern at the end of the page, because parsing would cost more CPU than the server uses. */
const NEXT_CURSOR = /"nextCursor":"([\w-]+)"/;
const MAX_METADATA_CHARACTERS = 1000;
