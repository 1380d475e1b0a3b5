/** Names and addresses of this machine itself. */
import { withoutBrackets } from './host-in-url.ts';

/**
 * Whether a host, as it stands in a URL, is this machine: `localhost` and what is below it (RFC 6761 section 6.3), or a
 * loopback address, with or without brackets.
 */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isLoopbackAddress(withoutBrackets(host));
}

/** Whether an address, as the system writes it, is this machine. */
function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(address);
}
