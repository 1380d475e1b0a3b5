/** Listen addresses as written in the configuration and in options: `host:port`, `[::1]:port` or `:port`. */
import { isLoopbackHost } from '../registry/loopback.ts';

export interface ListenAddress {
  /** The host; empty for all interfaces. */
  readonly host: string;
  readonly port: number;
}

export function parseListenAddress(address: string): ListenAddress {
  const separator = address.lastIndexOf(':');
  const host = address.slice(0, separator).replace(/^\[|\]$/g, '');
  return { host, port: Number(address.slice(separator + 1)) };
}

export function isLoopback(address: string): boolean {
  return isLoopbackHost(parseListenAddress(address).host);
}

/** A URL that reaches the address from this machine. */
export function localUrl(address: string): string {
  const { host, port } = parseListenAddress(address);
  const reachable = host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
