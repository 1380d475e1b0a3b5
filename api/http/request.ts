/** Properties of requests that limits and guards need. */
import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether requests of this method change nothing (RFC 9110 section 9.2.1). */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/** The address of the sender; for IPv6 the network, because one customer has all addresses of a network. */
export function addressOf({ ip }: Request): string {
  return ip === undefined ? '' : ipKeyGenerator(ip);
}
