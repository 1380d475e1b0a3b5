/** What a browser does with redirects and cookies, so that tests can look at each step. */
import { readFile } from 'node:fs/promises';
import { Agent, fetch, type Response } from 'undici';

interface Kept {
  readonly value: string;
  readonly path: string;
  /** As the server wrote them. */
  readonly attributes: string;
}

export interface Visited {
  /** Where the last redirect led. */
  readonly url: URL;
  readonly status: number;
  readonly body: string;
}

export class Visitor {
  readonly #agent: Agent;
  /** By origin and name. */
  readonly #cookies = new Map<string, Kept>();

  private constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Trusts a certificate authority, PEM. */
  static async trusting(caFile: string): Promise<Visitor> {
    return new Visitor(new Agent({ connect: { ca: await readFile(caFile, 'utf8') } }));
  }

  /** Another browser with the same cookies. */
  copy(): Visitor {
    const other = new Visitor(this.#agent);
    for (const [key, kept] of this.#cookies) other.#cookies.set(key, kept);
    return other;
  }

  /** One request, whose redirect isn't followed. */
  async send(
    url: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Response> {
    const { origin, pathname } = new URL(url);
    const sent = [...this.#cookies]
      .filter(([key, { path }]) => key.startsWith(`${origin} `) && isBelow(pathname, path))
      .map(([key, { value }]) => `${key.slice(origin.length + 1)}=${value}`);
    const headers = { ...init.headers, ...(sent.length > 0 && { cookie: sent.join('; ') }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual', dispatcher: this.#agent });
    for (const line of response.headers.getSetCookie()) this.#keep(origin, line);
    return response;
  }

  /** Follows redirects until an answer is none, or until the next one leads to a page below `stopAt`. */
  async visit(url: string, stopAt?: string): Promise<Visited> {
    let at = new URL(url);
    for (let step = 0; step < 12; step += 1) {
      if (stopAt !== undefined && at.href.startsWith(stopAt)) return { url: at, status: 0, body: '' };
      const response = await this.send(at.href, { headers: { 'sec-fetch-site': 'cross-site' } });
      const location = response.headers.get('location');
      if (location === null) return { url: at, status: response.status, body: await response.text() };
      await response.arrayBuffer();
      at = new URL(location, at);
    }
    throw new Error(`Too many redirects, the last to ${at.href}`);
  }

  /** What the console's own pages ask for. */
  async asPage(
    url: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Response> {
    const headers = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...init.headers };
    return await this.send(url, { ...init, headers });
  }

  /** The cookies that a server has set, by name, with their attributes. */
  cookiesOf(origin: string): Readonly<Record<string, Kept>> {
    const own = [...this.#cookies].filter(([key]) => key.startsWith(`${origin} `));
    return Object.fromEntries(own.map(([key, kept]) => [key.slice(origin.length + 1), kept]));
  }

  setCookie(origin: string, name: string, value: string): void {
    const kept = this.#cookies.get(`${origin} ${name}`);
    this.#cookies.set(`${origin} ${name}`, { path: '/', attributes: '', ...kept, value });
  }

  #keep(origin: string, line: string): void {
    const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*)(.*)$/s.exec(line) ?? [];
    const key = `${origin} ${name}`;
    const path = /; *path=([^;]*)/i.exec(attributes)?.[1] ?? '/';
    if (/expires=Thu, 01 Jan 1970/i.test(attributes)) this.#cookies.delete(key);
    else this.#cookies.set(key, { value, path, attributes });
  }
}

function isBelow(pathname: string, path: string): boolean {
  return path === '/' || pathname === path || pathname.startsWith(`${path}/`);
}
