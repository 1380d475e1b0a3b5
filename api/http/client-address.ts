/** The network that a request comes from, for limits per address. */
import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/** The address; for IPv6 the network, because one customer has all addresses of a network. */
export function addressOf({ ip }: Request): string {
  return ip === undefined ? '' : ipKeyGenerator(ip);
}
