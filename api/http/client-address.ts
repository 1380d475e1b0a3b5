/** Which network a request comes from, for what is limited per address. */
import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/** The address; of IPv6 the network, since one customer has all of its addresses. */
export function addressOf({ ip }: Request): string {
  return ip === undefined ? '' : ipKeyGenerator(ip);
}
