/** Counts lookups of the latest version by server, as a measure of what is used. */
import { serverLookups } from '../../telemetry/instruments.ts';
import type { AnsweredRequest } from './request-log.ts';

const LATEST_ROUTE = /\/servers\/\{server\}\/versions\/\{version\}$/;
const LATEST_PATH = /^[^?]*\/servers\/([^?]+)\/versions\/latest\/?(?:\?|$)/;
const OTHER_SERVER = '(other)';

export class ServerLookups {
  readonly #maxServers: number;
  readonly #servers = new Set<string>();

  /** @param maxServers how many servers are counted by name. 0: nothing is counted */
  constructor(maxServers: number) {
    this.#maxServers = maxServers;
  }

  /** Counts the request if it is a lookup of an existing server. */
  count({ method, route, url, status }: AnsweredRequest): void {
    if (this.#maxServers === 0 || method !== 'GET' || (status !== 200 && status !== 304)) return;
    if (!LATEST_ROUTE.test(route)) return;
    const name = LATEST_PATH.exec(url)?.[1];
    if (name !== undefined) serverLookups.add(1, { server: this.#labelOf(decodeURIComponent(name)) });
  }

  /** Only the first servers that are looked up are counted by name. */
  #labelOf(name: string): string {
    if (this.#servers.has(name)) return name;
    if (this.#servers.size >= this.#maxServers) return OTHER_SERVER;
    this.#servers.add(name);
    return name;
  }
}
