/** A registry that serves the v0.1 API page by page, and misbehaves on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface UpstreamItem {
  readonly server: Readonly<Record<string, unknown>>;
  readonly status?: string;
  /** RFC 3339; `updated_since` is compared with it. */
  readonly updatedAt: string;
  /** Whether the registry calls it the latest version. Default true. */
  readonly isLatest?: boolean;
}

/** Answers one request instead of the registry. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => unknown;

export class RegistryUpstream {
  items: UpstreamItem[] = [];
  /** Path and query of each request so far, without those for skills and plugins. */
  readonly requests: URL[] = [];
  readonly skillRequests: URL[] = [];
  /** The lists of skills and plugins; null if the registry doesn't have such lists. */
  skillLists: Readonly<Record<'skills' | 'plugins', readonly object[]>> | null = null;
  /** Whether the lists of skills and plugins are pages without the list itself. */
  omitsSkillLists = false;
  readonly headers: IncomingMessage['headers'][] = [];
  /** Answers for requests by number, from 1; all others are answered normally. */
  readonly answers = new Map<number, Answer>();
  /** Called before each page is made. */
  beforePage: (page: number) => void = () => {};
  /** Registries of older software don't know the parameter. */
  knowsUpdatedSince = true;
  /** Status of the answer to a query that asks for more than `maxLimit`, or with a parameter in `unknownParameters`. */
  refusalStatus = 400;
  maxLimit = 100;
  unknownParameters: readonly string[] = [];
  /** Whether a `limit` above `maxLimit` is lowered instead of refused. */
  clampsLimit = false;
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  static async start(): Promise<RegistryUpstream> {
    const upstream = new RegistryUpstream();
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Stores an entry, or removes it with `null`. */
  put(name: string, version: string, changes: Partial<UpstreamItem> | null = {}): void {
    this.items = this.items.filter(({ server }) => server['name'] !== name || server['version'] !== version);
    if (changes === null) return;
    const server = { name, description: `What ${name} does`, version };
    this.items.push({ server, updatedAt: new Date().toISOString(), ...changes });
    this.items.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.url);
    if (url.pathname.includes('/x/dev.toolhive/')) return this.#sendSkills(url, response);
    this.requests.push(url);
    this.headers.push(request.headers);
    this.beforePage(this.requests.length);
    const answer = this.answers.get(this.requests.length) ?? this.answers.get(Infinity);
    if (answer !== undefined) await answer(response, request);
    else if (url.pathname !== '/v0.1/servers') response.writeHead(404).end('{"error":"not found"}');
    else if (this.#refuses(url.searchParams)) response.writeHead(this.refusalStatus).end('{"error":"bad query"}');
    else sendJson(response, this.page(url.searchParams));
  }

  #sendSkills(url: URL, response: ServerResponse): void {
    this.skillRequests.push(url);
    const list = url.pathname.split('/').at(-1) as 'skills' | 'plugins';
    if (this.omitsSkillLists) return sendJson(response, { metadata: { count: 0 } });
    const all = this.skillLists?.[list];
    if (all === undefined) return void response.writeHead(404).end('{"error":"not found"}');
    const start = Number(url.searchParams.get('cursor') ?? 0);
    const end = start + Math.min(Number(url.searchParams.get('limit') ?? 50), this.maxLimit);
    const metadata = { count: end - start, ...(end < all.length && { nextCursor: String(end) }) };
    sendJson(response, { [list]: all.slice(start, end), metadata });
  }

  #refuses(query: URLSearchParams): boolean {
    const tooMany = !this.clampsLimit && Number(query.get('limit') ?? 0) > this.maxLimit;
    return tooMany || this.unknownParameters.some((name) => query.has(name));
  }

  /** One page, as a registry would send it. */
  page(query: URLSearchParams): Record<string, unknown> {
    const since = this.knowsUpdatedSince ? query.get('updated_since') : null;
    const cursor = query.get('cursor');
    const limit = Math.min(Number(query.get('limit') ?? 30), this.maxLimit);
    const matching = this.items
      .filter((item) => item.status !== 'deleted' || query.get('include_deleted') === 'true')
      .filter((item) => since === null || Date.parse(item.updatedAt) >= Date.parse(since))
      .filter((item) => cursor === null || keyOf(item) > cursor);
    const page = matching.slice(0, limit);
    const more = matching.length > limit && page.length > 0;
    return {
      servers: page.map(listed),
      metadata: { count: page.length, ...(more && { nextCursor: keyOf(page.at(-1)!) }) },
    };
  }
}

export function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function listed({ server, status, updatedAt, isLatest = true }: UpstreamItem): unknown {
  const official = { status: status ?? 'active', publishedAt: '2026-01-01T00:00:00Z', updatedAt, isLatest };
  return { server, _meta: { 'io.modelcontextprotocol.registry/official': official } };
}

function keyOf({ server }: UpstreamItem): string {
  return `${String(server['name'])}:${String(server['version'])}`;
}
