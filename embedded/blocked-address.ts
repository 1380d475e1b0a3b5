/**
 * Addresses that no web page can reach.
 *
 * Any page in a browser on this machine can send requests to loopback addresses, and after DNS rebinding it can read the answers.
 * However, browsers refuse to connect to some ports, whatever the host: the "bad ports" of the Fetch standard
 * (https://fetch.spec.whatwg.org/#port-blocking).
 */
import { randomInt } from 'node:crypto';
import { isPortFree, LOOPBACK } from './free-port.ts';

export interface LoopbackAddress {
  readonly host: string;
  readonly port: number;
}

/** The ports of IRC, which browsers have always blocked. */
const BLOCKED_PORTS = [6665, 6666, 6667, 6668, 6669];
const ATTEMPTS = 20;

/**
 * A free loopback address with a port that browsers block. Linux answers on all of 127.0.0.0/8, so every server gets its own
 * address; other systems only have 127.0.0.1.
 * @throws Error if all of these ports are taken
 */
export async function findBlockedAddress(): Promise<LoopbackAddress> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const host =
      process.platform === 'linux' ? `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}` : LOOPBACK;
    const port = BLOCKED_PORTS[attempt % BLOCKED_PORTS.length] ?? 0;
    if (await isPortFree(port, host)) return { host, port };
  }
  throw new Error(
    `Temporal's Web UI needs one of the ports ${BLOCKED_PORTS.join(', ')}, which web pages can't reach, but all are in use: free one of them`,
  );
}
