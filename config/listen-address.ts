/** Listen addresses as written in the configuration and in options: `host:port`, `[::1]:port` or `:port`. */
import { isLoopbackHost } from '../registry/loopback.ts';

/** A regular expression for ports from 0 to 65535. */
export const PORT_PATTERN = String.raw`(?:[0-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])`;

export const LISTEN_ADDRESS = new RegExp(String.raw`^(?:\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]*):${PORT_PATTERN}$`);
export const LISTEN_ADDRESS_EXAMPLE = '`host:port` or `:port`, such as `127.0.0.1:8080`';

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
